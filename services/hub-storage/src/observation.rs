//! Observations: the read model of the published cells. A query walks its own index and stops at its
//! page; nothing is added up in SQL.

use chrono::{DateTime, Utc};
use referentiel::cellule::{Audience, Cle, Statut, Ventilation};
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::territoire::Niveau;
use rust_decimal::Decimal;
use secret_statistique::ValeurPubliee;
use secret_statistique::recontrole::Bornes;
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::changement::{Cellule, Cellules};
use crate::ligne::Row;
use crate::projection::Tranche;
use crate::schema::Dialecte;
use crate::valeur::{Conditions, Val, args, lots};
use crate::visibilite::Visibilite;

/// Columns, in the order in which [`ligne`] gives their values.
macro_rules! colonnes {
    () => {
        "audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, numerateur, \
         denominateur, statut, plancher, plafond"
    };
}
const COLONNES: usize = 15;
/// Rows of a multi-row statement; so many and more are copied where the backend can.
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

/// Writes what changed of a slice.
pub(crate) async fn applique(tx: &mut Tx, tranche: &Tranche<'_>, cellules: &Cellules<'_>) -> Result<(), ErreurBase> {
    match &cellules.disparues {
        Some(disparues) => retire(tx, tranche, disparues).await?,
        None => vide(tx, tranche).await?,
    }
    ajoute(tx, tranche, &cellules.nouvelles).await?;
    corrige(tx, tranche, &cellules.changees).await
}

/// Removes every cell of a slice.
pub(crate) async fn vide(tx: &mut Tx, tranche: &Tranche<'_>) -> Result<(), ErreurBase> {
    let sql = "/* observation.vide */ DELETE FROM observation WHERE campagne = $1 AND noeud = $2 AND jeu = $3";
    tx.execute(sql, args![tranche.campagne, tranche.noeud, tranche.jeu]).await.map(|_| ())
}

async fn retire(tx: &mut Tx, tranche: &Tranche<'_>, disparues: &[(Audience, Cle)]) -> Result<(), ErreurBase> {
    for (audience, cle) in disparues {
        tx.execute(
            "/* observation.retire */ DELETE FROM observation WHERE audience = $1 AND campagne = $2 AND indicateur = $3
             AND niveau = $4 AND territoire = $5 AND ventilation = $6 AND noeud = $7",
            args![
                audience.code(),
                tranche.campagne,
                &cle.indicateur,
                cle.niveau.code(),
                &cle.territoire,
                texte_ventilation(&cle.ventilation),
                tranche.noeud
            ],
        )
        .await?;
    }
    Ok(())
}

async fn ajoute(tx: &mut Tx, tranche: &Tranche<'_>, cellules: &[Cellule<'_>]) -> Result<(), ErreurBase> {
    const COPIE: &str = concat!("/* observation.copie */ COPY observation (", colonnes!(), ") FROM STDIN");
    if cellules.len() < LOT || !tx.copie(COPIE, cellules.iter().map(|c| ligne(tranche, c))).await? {
        par_lots(tx, tranche, cellules, "").await?;
    }
    Ok(())
}

/// What a cell already there takes from the one that corrects it.
macro_rules! corrigee {
    () => {
        " ON CONFLICT (audience, campagne, indicateur, niveau, territoire, ventilation, noeud) DO UPDATE SET
         jeu = excluded.jeu, axes = excluded.axes, valeur = excluded.valeur, numerateur = excluded.numerateur,
         denominateur = excluded.denominateur, statut = excluded.statut, plancher = excluded.plancher,
         plafond = excluded.plafond"
    };
}

async fn corrige(tx: &mut Tx, tranche: &Tranche<'_>, cellules: &[Cellule<'_>]) -> Result<(), ErreurBase> {
    if cellules.len() < LOT || tx.dialecte() == Dialecte::Sqlite {
        return par_lots(tx, tranche, cellules, corrigee!()).await;
    }
    // Copied beside, then brought over in one statement, which looks each row up by its key: the planner knows
    // nothing of a table that was just filled, and has no choice to make.
    const COPIE: &str = concat!("/* observation.depose */ COPY observation_corrigee (", colonnes!(), ") FROM STDIN");
    const REPRISE: &str = concat!(
        "/* observation.corrige */ INSERT INTO observation (",
        colonnes!(),
        ") SELECT ",
        colonnes!(),
        " FROM observation_corrigee",
        corrigee!()
    );
    let depot = "/* observation.depot */ CREATE TEMPORARY TABLE observation_corrigee (LIKE observation) ON COMMIT DROP";
    tx.execute(depot, args![]).await?;
    tx.copie(COPIE, cellules.iter().map(|c| ligne(tranche, c))).await?;
    tx.execute(REPRISE, args![]).await?;
    // A rebuild corrects many slices in one transaction.
    tx.execute("/* observation.depot_vide */ DROP TABLE observation_corrigee", args![]).await.map(|_| ())
}

async fn par_lots(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    cellules: &[Cellule<'_>],
    suite: &'static str,
) -> Result<(), ErreurBase> {
    for lot in cellules.chunks(LOT) {
        let valeurs = lot.iter().flat_map(|cellule| ligne(tranche, cellule)).collect();
        // Full batches share one text, hence one prepared statement.
        let sql = format!(
            "/* observation.ecrit */ INSERT INTO observation ({}) VALUES {}{suite}",
            colonnes!(),
            lots(tx.dialecte(), lot.len(), COLONNES)
        );
        tx.execute(AssertSqlSafe(sql), valeurs).await?;
    }
    Ok(())
}

fn ligne(tranche: &Tranche<'_>, cellule: &Cellule<'_>) -> Vec<Val> {
    let Cellule { audience, publiee, cadre } = cellule;
    let cle = &publiee.cle;
    let (valeur, rapport) = match &publiee.valeur {
        None => (None, None),
        Some(ValeurPubliee::Effectif(n)) => (Some(Decimal::from(*n)), None),
        Some(ValeurPubliee::Decimal(v)) => (Some(*v), None),
        Some(ValeurPubliee::Taux { numerateur, denominateur }) => (None, Some((*numerateur, *denominateur))),
    };
    let entier = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    args![
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
        publiee.statut.code(),
        cadre.map(|Bornes(bas, _)| entier(bas)),
        cadre.and_then(|Bornes(_, haut)| haut.map(entier)),
    ]
}
