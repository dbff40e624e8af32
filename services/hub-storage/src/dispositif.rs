//! Fiches dispositif, as their centres publish them: the organisation, never a person.

use ::publication::DispositifPublie;
use chrono::{DateTime, Utc};
use referentiel::cellule::{Audience, Statut};
use referentiel::identifiant::IdentifiantNoeud;
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::projection::Tranche;
use crate::valeur::{Conditions, args};
use crate::visibilite::Visibilite;

/// A fiche dispositif as it is read, beside the two figures every list of dispositifs shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispositif {
    /// Campaign of the fiche.
    pub campagne: String,
    /// Unique key of the dispositif.
    pub reference: String,
    /// Centre that published it.
    pub noeud: String,
    /// Name of that centre.
    pub emetteur_nom: String,
    /// Code of that centre.
    pub organisme: String,
    /// Name.
    pub nom: Option<String>,
    /// Number of the département.
    pub departement: Option<String>,
    /// INSEE code of the region.
    pub region: Option<String>,
    /// Code of nomenclature `statut_dispositif`.
    pub statut: String,
    /// Structures.
    pub structures: Vec<String>,
    /// Places.
    pub capacite: Option<i64>,
    /// ETP.
    pub etp_total: Option<Decimal>,
    /// ETP that accompany.
    pub etp_hors_administratifs: Option<Decimal>,
    /// Heads that accompany.
    pub professionnels: Option<i64>,
    /// Persons waiting.
    pub liste_attente: Option<i64>,
    /// Referrals without follow-up since 1 January.
    pub sans_suite: Option<i64>,
    /// EA01 of the dispositif, total.
    pub file_active: Option<Chiffre>,
    /// EA07 of the dispositif, as its two terms.
    pub taux_occupation: Option<Chiffre>,
}

/// A figure of another read model, with its status.
#[derive(Debug, Clone, PartialEq)]
pub struct Chiffre {
    /// Value of a count.
    pub valeur: Option<Decimal>,
    /// Terms of a rate.
    pub rapport: Option<(Decimal, Decimal)>,
    /// Why there is a value, or none.
    pub statut: Statut,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct FiltreDispositif {
    /// Campaign.
    pub campagne: Option<String>,
    /// INSEE code of the region.
    pub region: Option<String>,
    /// Number of the département.
    pub departement: Option<String>,
    /// Centre.
    pub emetteur: Option<IdentifiantNoeud>,
    /// Of slices replaced after this moment.
    pub depuis: Option<DateTime<Utc>>,
}

/// A page of fiches after a place (campaign, reference, centre).
pub async fn page(
    db: &Db,
    visibilite: &Visibilite,
    audience: Audience,
    filtre: &FiltreDispositif,
    apres: Option<&(String, String, String)>,
    limite: u32,
) -> Result<Vec<Dispositif>, ErreurBase> {
    const ORDRE: &str = "d.campagne, d.reference, d.noeud";
    let mut c = Conditions::default();
    let audience = c.lie(audience.code());
    c.egale("d.campagne", filtre.campagne.as_deref());
    c.egale("d.region", filtre.region.as_deref());
    c.egale("d.departement", filtre.departement.as_deref());
    c.egale("d.noeud", filtre.emetteur.as_ref().map(IdentifiantNoeud::as_str));
    c.ou(
        "EXISTS (SELECT 1 FROM serie s WHERE s.jeu = 'ea.dispositif' AND s.noeud = d.noeud AND s.periode = d.campagne AND s.recu_le > {})",
        filtre.depuis,
    );
    visibilite.dispositifs(&mut c);
    if let Some((campagne, reference, noeud)) = apres {
        c.apres(ORDRE, args![campagne, reference, noeud]);
    }
    let limite = c.lie(i64::from(limite));
    let figure = |alias: &str, indicateur: &str| {
        format!(
            "LEFT JOIN observation {alias} ON {alias}.audience = {audience} AND {alias}.campagne = d.campagne
             AND {alias}.indicateur = '{indicateur}' AND {alias}.niveau = 'dispositif' AND {alias}.territoire = d.reference
             AND {alias}.ventilation = '' AND {alias}.noeud = d.noeud"
        )
    };
    let sql = format!(
        "/* dispositif.page */ SELECT {ORDRE}, n.nom, n.organisme, d.nom, d.departement, d.region, d.statut,
         d.structures, d.capacite, d.etp_total, d.etp_hors_administratifs, d.professionnels, d.liste_attente,
         d.sans_suite, f.valeur, f.statut, o.numerateur, o.denominateur, o.statut
         FROM dispositif d JOIN noeud n ON n.identifiant = d.noeud {} {}{} ORDER BY {ORDRE} LIMIT {limite}",
        figure("f", "EA01"),
        figure("o", "EA07"),
        c.sql()
    );
    db.lignes(AssertSqlSafe(sql), c.valeurs()).await?.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Dispositif, ErreurBase> {
    let statut = |rang: usize| -> Result<Option<Statut>, ErreurBase> {
        l.opt_text(rang)?.map(|code| Statut::depuis_code(&code).ok_or(ErreurBase::ValeurIllisible(rang))).transpose()
    };
    let valeur = l.opt_dec(16)?;
    let rapport = l.opt_dec(18)?.zip(l.opt_dec(19)?);
    Ok(Dispositif {
        campagne: l.text(0)?,
        reference: l.text(1)?,
        noeud: l.text(2)?,
        emetteur_nom: l.text(3)?,
        organisme: l.text(4)?,
        nom: l.opt_text(5)?,
        departement: l.opt_text(6)?,
        region: l.opt_text(7)?,
        statut: l.text(8)?,
        structures: serde_json::from_str(&l.text(9)?).map_err(|_| ErreurBase::ValeurIllisible(9))?,
        capacite: l.opt_int(10)?,
        etp_total: l.opt_dec(11)?,
        etp_hors_administratifs: l.opt_dec(12)?,
        professionnels: l.opt_int(13)?,
        liste_attente: l.opt_int(14)?,
        sans_suite: l.opt_int(15)?,
        file_active: statut(17)?.map(|statut| Chiffre { valeur, rapport: None, statut }),
        taux_occupation: statut(20)?.map(|statut| Chiffre { valeur: None, rapport, statut }),
    })
}

pub(crate) async fn remplace(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    fiches: &[DispositifPublie],
) -> Result<(), ErreurBase> {
    tx.execute(
        "/* dispositif.vide */ DELETE FROM dispositif WHERE campagne = $1 AND noeud = $2",
        args![tranche.campagne, tranche.noeud],
    )
    .await?;
    let entier = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    for d in fiches {
        tx.execute(
            "/* dispositif.insere */ INSERT INTO dispositif (campagne, noeud, reference, nom, departement, region, statut,
             structures, capacite, etp_total, etp_hors_administratifs, professionnels, liste_attente, sans_suite)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            args![
                tranche.campagne,
                tranche.noeud,
                d.reference.as_str(),
                d.nom.clone(),
                d.departement.as_ref().map(|d| d.as_str()),
                d.region.clone(),
                &d.statut,
                serde_json::to_string(&d.structures).map_err(|_| ErreurBase::ValeurIllisible(7))?,
                entier(d.capacite),
                d.etp_total,
                d.etp_hors_administratifs,
                entier(d.professionnels),
                entier(d.liste_attente),
                entier(d.sans_suite),
            ],
        )
        .await?;
    }
    Ok(())
}
