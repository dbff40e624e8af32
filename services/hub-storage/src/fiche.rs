//! Records of the declared jeux, as their centres publish them: prestations, good practices, groups of
//! communes. Never a row about a person.

use std::collections::BTreeMap;

use ::publication::contenu::{ContenuAudience, ContenuIndicateurs};
use referentiel::cellule::Audience;
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::territoire::Niveau;
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::projection::Tranche;
use crate::valeur::{Conditions, args};
use crate::visibilite::Visibilite;

/// A record as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fiche {
    /// Place in the reading order.
    pub rang: RangFiche,
    /// Département of its centre.
    pub territoire: String,
    /// Fields.
    pub champs: BTreeMap<String, String>,
    /// Name of the centre.
    pub emetteur_nom: String,
    /// Code of the centre.
    pub organisme: String,
}

/// Place of a record: the order of the pages, and the content of a cursor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RangFiche {
    /// Data set.
    pub jeu: String,
    /// Period.
    pub campagne: String,
    /// List.
    pub liste: String,
    /// Name in the list.
    pub cle: String,
    /// Centre.
    pub noeud: String,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct FiltreFiche {
    /// Audience.
    pub audience: Audience,
    /// Data set.
    pub jeu: String,
    /// Period.
    pub campagne: Option<String>,
    /// List.
    pub liste: Option<String>,
    /// Département of the centre.
    pub departement: Option<String>,
    /// Centre.
    pub emetteur: Option<IdentifiantNoeud>,
}

/// A page of records after a place.
pub async fn page(
    db: &Db,
    visibilite: &Visibilite,
    filtre: &FiltreFiche,
    apres: Option<&RangFiche>,
    limite: u32,
) -> Result<Vec<Fiche>, ErreurBase> {
    const ORDRE: &str = "f.jeu, f.campagne, f.liste, f.cle, f.noeud";
    let mut c = Conditions::default();
    c.egale("f.audience", Some(filtre.audience.code()));
    c.egale("f.jeu", Some(filtre.jeu.as_str()));
    c.egale("f.campagne", filtre.campagne.as_deref());
    c.egale("f.liste", filtre.liste.as_deref());
    c.egale("f.territoire", filtre.departement.as_deref());
    c.egale("f.noeud", filtre.emetteur.as_ref().map(IdentifiantNoeud::as_str));
    visibilite.fiches(&mut c);
    if let Some(r) = apres {
        c.apres(ORDRE, args![&r.jeu, &r.campagne, &r.liste, &r.cle, &r.noeud]);
    }
    let limite = c.lie(i64::from(limite));
    let sql = format!(
        "/* fiche.page */ SELECT {ORDRE}, f.territoire, f.champs, n.nom, n.organisme
         FROM fiche f JOIN noeud n ON n.identifiant = f.noeud{} ORDER BY {ORDRE} LIMIT {limite}",
        c.sql()
    );
    db.lignes(AssertSqlSafe(sql), c.valeurs()).await?.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Fiche, ErreurBase> {
    Ok(Fiche {
        rang: RangFiche {
            jeu: l.text(0)?,
            campagne: l.text(1)?,
            liste: l.text(2)?,
            cle: l.text(3)?,
            noeud: l.text(4)?,
        },
        territoire: l.text(5)?,
        champs: serde_json::from_str(&l.text(6)?).map_err(|_| ErreurBase::ValeurIllisible(6))?,
        emetteur_nom: l.text(7)?,
        organisme: l.text(8)?,
    })
}

pub(crate) async fn remplace(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    contenu: &ContenuIndicateurs,
) -> Result<(), ErreurBase> {
    retire(tx, tranche).await?;
    let territoire = contenu.territoires().iter().find(|t| t.niveau == Niveau::Departement);
    let territoire = territoire.map_or("", |t| t.code.as_str());
    for table in contenu.audiences() {
        insere(tx, tranche, territoire, table).await?;
    }
    Ok(())
}

async fn insere(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    territoire: &str,
    table: &ContenuAudience,
) -> Result<(), ErreurBase> {
    for fiche in &table.fiches {
        let champs = serde_json::to_string(&fiche.champs).map_err(|_| ErreurBase::ValeurIllisible(6))?;
        tx.execute(
            "/* fiche.insere */ INSERT INTO fiche (audience, jeu, campagne, liste, cle, noeud, territoire, champs)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                table.politique.audience.code(),
                tranche.jeu,
                tranche.campagne,
                &fiche.liste,
                &fiche.cle,
                tranche.noeud,
                territoire,
                champs
            ],
        )
        .await?;
    }
    Ok(())
}

/// Removes the records of a slice.
pub(crate) async fn retire(tx: &mut Tx, tranche: &Tranche<'_>) -> Result<(), ErreurBase> {
    tx.execute(
        "/* fiche.retire */ DELETE FROM fiche WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
        args![tranche.campagne, tranche.noeud, tranche.jeu],
    )
    .await?;
    Ok(())
}
