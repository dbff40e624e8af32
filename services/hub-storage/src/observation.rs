//! Observations: the read model of the published cells. A query walks its own index and stops at its
//! page; nothing is added up in SQL.

use ::publication::ContenuIndicateurs;
use chrono::{DateTime, Utc};
use referentiel::cellule::{Audience, Statut, Ventilation};
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::territoire::Niveau;
use rust_decimal::Decimal;
use secret_statistique::recontrole::{Bornes, encadrer};
use secret_statistique::{CelluleProtegee, ValeurPubliee};
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::projection::Tranche;
use crate::valeur::{Conditions, Val, args, lots};
use crate::visibilite::Visibilite;

const COLONNES: usize = 15;
const LOT: usize = 200;

/// A published cell as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Place in the reading order.
    pub rang: RangObservation,
    /// Audience it was protected for.
    pub audience: Audience,
    /// Value of a count or of a figure.
    pub valeur: Option<Decimal>,
    /// Terms of a rate.
    pub rapport: Option<(Decimal, Decimal)>,
    /// Why there is a value, or none.
    pub statut: Statut,
    /// What readers can tell of a masked count from the cells its centre shows: at least, and at most if anything.
    pub bornes: Option<(u64, Option<u64>)>,
    /// Name of the territory, when its centre gave one.
    pub territoire_nom: Option<String>,
    /// Territory just above: level and code.
    pub parent: Option<(String, String)>,
    /// Name of the centre.
    pub emetteur_nom: String,
    /// Code of the centre.
    pub organisme: String,
}

/// Place of an observation: the order of the pages, and the content of a cursor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RangObservation {
    /// Campaign.
    pub campagne: String,
    /// Measure.
    pub indicateur: String,
    /// Level of the territory.
    pub niveau: String,
    /// Territory.
    pub territoire: String,
    /// `axe=valeur,axe=valeur`; empty for the total.
    pub ventilation: String,
    /// Centre.
    pub noeud: String,
}

/// What is asked for. At least the audience, and a campaign or an indicator.
#[derive(Debug, Clone)]
pub struct Filtre {
    /// Audience.
    pub audience: Audience,
    /// Campaigns; empty for all.
    pub campagnes: Vec<String>,
    /// Data sets; empty for all.
    pub jeux: Vec<String>,
    /// Measures; empty for all.
    pub indicateurs: Vec<String>,
    /// Level.
    pub niveau: Option<Niveau>,
    /// Territories; empty for all.
    pub territoires: Vec<String>,
    /// Territory just above.
    pub parent: Option<String>,
    /// Centre.
    pub emetteur: Option<IdentifiantNoeud>,
    /// Exact coordinates, several possible; empty for all.
    pub ventilations: Vec<String>,
    /// Axes crossed (`age,sexe`; empty text for totals).
    pub axes: Option<String>,
    /// Of slices replaced after this moment.
    pub depuis: Option<DateTime<Utc>>,
}

impl Filtre {
    /// Everything an audience may see of a campaign.
    pub fn campagne(audience: Audience, campagne: &str) -> Self {
        Self {
            audience,
            campagnes: vec![campagne.to_owned()],
            jeux: vec![],
            indicateurs: vec![],
            niveau: None,
            territoires: vec![],
            parent: None,
            emetteur: None,
            ventilations: vec![],
            axes: None,
            depuis: None,
        }
    }
}

/// `axe=valeur,axe=valeur`, in order of axis; empty for the total.
pub fn texte_ventilation(ventilation: &Ventilation) -> String {
    ventilation.axes().map(|(axe, valeur)| format!("{axe}={valeur}")).collect::<Vec<_>>().join(",")
}

fn texte_axes(ventilation: &Ventilation) -> String {
    ventilation.axes().map(|(axe, _)| axe).collect::<Vec<_>>().join(",")
}

/// A page of observations after a place.
pub async fn page(
    db: &Db,
    visibilite: &Visibilite,
    filtre: &Filtre,
    apres: Option<&RangObservation>,
    limite: u32,
) -> Result<Vec<Observation>, ErreurBase> {
    const ORDRE: &str = "o.campagne, o.indicateur, o.niveau, o.territoire, o.ventilation, o.noeud";
    let mut c = Conditions::default();
    c.egale("o.audience", Some(filtre.audience.code()));
    c.parmi("o.campagne", &filtre.campagnes);
    c.parmi("o.jeu", &filtre.jeux);
    c.parmi("o.indicateur", &filtre.indicateurs);
    c.egale("o.niveau", filtre.niveau.map(Niveau::code));
    c.parmi("o.territoire", &filtre.territoires);
    c.egale("t.parent_code", filtre.parent.as_deref());
    c.egale("o.noeud", filtre.emetteur.as_ref().map(IdentifiantNoeud::as_str));
    c.parmi("o.ventilation", &filtre.ventilations);
    c.egale("o.axes", filtre.axes.as_deref());
    c.ou(
        "EXISTS (SELECT 1 FROM serie s WHERE s.jeu = o.jeu AND s.noeud = o.noeud AND s.periode = o.campagne AND s.recu_le > {})",
        filtre.depuis,
    );
    visibilite.observations(&mut c);
    if let Some(r) = apres {
        c.apres(ORDRE, args![&r.campagne, &r.indicateur, &r.niveau, &r.territoire, &r.ventilation, &r.noeud]);
    }
    let limite = c.lie(i64::from(limite));
    let sql = format!(
        "/* observation.page */ SELECT {ORDRE}, o.valeur, o.numerateur, o.denominateur, o.statut, o.plancher, o.plafond,
         t.nom, t.parent_niveau, t.parent_code, n.nom, n.organisme
         FROM observation o
         JOIN noeud n ON n.identifiant = o.noeud
         LEFT JOIN territoire t ON t.campagne = o.campagne AND t.niveau = o.niveau AND t.code = o.territoire
             AND t.noeud = o.noeud AND t.jeu = o.jeu{} ORDER BY {ORDRE} LIMIT {limite}",
        c.sql()
    );
    let lignes = db.lignes(AssertSqlSafe(sql), c.valeurs()).await?;
    lignes.iter().map(|l| lit(l, filtre.audience)).collect()
}

fn lit(l: &Row, audience: Audience) -> Result<Observation, ErreurBase> {
    Ok(Observation {
        rang: RangObservation {
            campagne: l.text(0)?,
            indicateur: l.text(1)?,
            niveau: l.text(2)?,
            territoire: l.text(3)?,
            ventilation: l.text(4)?,
            noeud: l.text(5)?,
        },
        audience,
        valeur: l.opt_dec(6)?,
        rapport: l.opt_dec(7)?.zip(l.opt_dec(8)?),
        statut: Statut::depuis_code(&l.text(9)?).ok_or(ErreurBase::ValeurIllisible(9))?,
        bornes: l
            .opt_int(10)?
            .map(|bas| l.opt_int(11).map(|haut| (bas.unsigned_abs(), haut.map(i64::unsigned_abs))))
            .transpose()?,
        territoire_nom: l.opt_text(12)?,
        parent: l.opt_text(13)?.zip(l.opt_text(14)?),
        emetteur_nom: l.text(15)?,
        organisme: l.text(16)?,
    })
}

pub(crate) async fn remplace(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    contenu: &ContenuIndicateurs,
) -> Result<(), ErreurBase> {
    tx.execute(
        "/* observation.vide */ DELETE FROM observation WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
        args![tranche.campagne, tranche.noeud, tranche.jeu],
    )
    .await?;
    let parents = contenu.parents();
    for audience in contenu.audiences() {
        let cadres = encadrer(contenu.jeu(), &audience.cellules, &parents);
        let cellules: Vec<_> = audience.cellules.iter().zip(cadres).collect();
        for lot in cellules.chunks(LOT) {
            let mut valeurs = Vec::with_capacity(lot.len() * COLONNES);
            for (cellule, cadre) in lot {
                ajoute(&mut valeurs, tranche, audience.politique.audience, cellule, *cadre);
            }
            // Full batches share one text, hence one prepared statement.
            let sql = format!(
                "/* observation.insere */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire,
                 ventilation, noeud, jeu, axes, valeur, numerateur, denominateur, statut, plancher, plafond) VALUES {}",
                lots(tx.dialecte(), lot.len(), COLONNES)
            );
            tx.execute(AssertSqlSafe(sql), valeurs).await?;
        }
    }
    Ok(())
}

fn ajoute(
    valeurs: &mut Vec<Val>,
    tranche: &Tranche<'_>,
    audience: Audience,
    cellule: &CelluleProtegee,
    cadre: Option<Bornes>,
) {
    let cle = &cellule.cle;
    let (valeur, rapport) = match &cellule.valeur {
        None => (None, None),
        Some(ValeurPubliee::Effectif(n)) => (Some(Decimal::from(*n)), None),
        Some(ValeurPubliee::Decimal(v)) => (Some(*v), None),
        Some(ValeurPubliee::Taux { numerateur, denominateur }) => (None, Some((*numerateur, *denominateur))),
    };
    let cadre = cadre.filter(|_| cellule.statut == Statut::Secret);
    let entier = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    valeurs.extend(args![
        audience.code(),
        tranche.campagne,
        &cle.indicateur,
        cle.niveau.code(),
        &cle.territoire,
        texte_ventilation(&cle.ventilation),
        tranche.noeud,
        tranche.jeu,
        texte_axes(&cle.ventilation),
        valeur,
        rapport.map(|(n, _)| n),
        rapport.map(|(_, d)| d),
        cellule.statut.code(),
        cadre.map(|Bornes(bas, _)| entier(bas)),
        cadre.and_then(|Bornes(_, haut)| haut.map(entier)),
    ]);
}
