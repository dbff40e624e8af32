//! Completeness: what each centre sent of what the roster expects of it. Counted on the roster alone, so
//! it never exceeds 100 %; « received but empty » is a state of its own.

use std::collections::HashMap;

use ::publication::{Contenu, ContenuIndicateurs, DispositifPublie};
use chrono::{DateTime, Utc};
use referentiel::cellule::{Audience, Statut};
use referentiel::territoire::Niveau;
use secret_statistique::ValeurPubliee;
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::campagne::CENTRE_ENTIER;
use crate::projection::Tranche;
use crate::valeur::{Conditions, args};
use crate::visibilite::{self, Zone};

/// Neither declared without object, nor closed by the last fiche known at that campaign.
const ATTENDUE: &str = "NOT EXISTS (SELECT 1 FROM remontee r WHERE r.campagne = a.campagne AND r.noeud = a.noeud
     AND r.dispositif = a.dispositif AND r.etat = 'sans_objet')
     AND NOT EXISTS (SELECT 1 FROM dispositif d WHERE d.noeud = a.noeud AND d.reference = a.dispositif AND d.statut = 'INA'
     AND d.campagne = (SELECT MAX(e.campagne) FROM dispositif e
         WHERE e.noeud = a.noeud AND e.reference = a.dispositif AND e.campagne <= a.campagne))";

/// What one centre sent of one data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LigneCompletude {
    /// Centre.
    pub noeud: String,
    /// Its name.
    pub nom: String,
    /// Its code.
    pub organisme: String,
    /// Data set.
    pub jeu: String,
    /// Dispositifs expected, or 1 for a centre without a list.
    pub attendus: u64,
    /// Received among them.
    pub recus: u64,
    /// Received first before the limit.
    pub dans_les_delais: u64,
    /// Received, and empty.
    pub vides: u64,
    /// First reception.
    pub recu_le: Option<DateTime<Utc>>,
}

/// A dispositif received.
pub(crate) struct Recu {
    dispositif: String,
    vide: bool,
}

/// What a content brings of the roster: each dispositif, and the centre as a whole.
pub(crate) fn recus(contenu: &Contenu) -> Vec<Recu> {
    let mut recus: Vec<Recu> = match contenu {
        Contenu::Dispositifs(c) => {
            c.dispositifs().iter().map(|d| Recu { dispositif: d.reference.to_string(), vide: fiche_vide(d) }).collect()
        }
        Contenu::Indicateurs(c) => dispositifs_des_tables(c),
    };
    let vide = match contenu {
        Contenu::Indicateurs(c) if recus.is_empty() => {
            c.audiences().iter().all(|a| a.cellules.is_empty() && a.fiches.is_empty())
        }
        _ => recus.iter().all(|r| r.vide),
    };
    recus.push(Recu { dispositif: CENTRE_ENTIER.to_owned(), vide });
    recus
}

fn fiche_vide(d: &DispositifPublie) -> bool {
    d.structures.is_empty() && d.capacite.is_none() && d.etp_total.is_none() && d.professionnels.is_none()
}

/// A dispositif is empty when all its counts are zero: nobody there, nobody hidden.
fn dispositifs_des_tables(contenu: &ContenuIndicateurs) -> Vec<Recu> {
    let mut vides: HashMap<&str, bool> = contenu
        .territoires()
        .iter()
        .filter(|t| t.niveau == Niveau::Dispositif)
        .map(|t| (t.code.as_str(), true))
        .collect();
    let table = contenu.audience(Audience::Reseau).or_else(|| contenu.audiences().first());
    for cellule in table.into_iter().flat_map(|t| &t.cellules).filter(|c| c.cle.niveau == Niveau::Dispositif) {
        let habitee =
            cellule.statut == Statut::Secret || matches!(cellule.valeur, Some(ValeurPubliee::Effectif(n)) if n > 0);
        if let Some(vide) = vides.get_mut(cellule.cle.territoire.as_str()) {
            *vide &= !habitee;
        }
    }
    vides.into_iter().map(|(dispositif, vide)| Recu { dispositif: dispositif.to_owned(), vide }).collect()
}

/// Replaces what a slice brings; the first reception of each dispositif is kept.
pub(crate) async fn remplace(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    recus: &[Recu],
    recu_le: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let connus = tx
        .lignes(
            "/* completude.connus */ SELECT dispositif, recu_le FROM completude
             WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
            args![tranche.campagne, tranche.noeud, tranche.jeu],
        )
        .await?;
    let connus: HashMap<String, DateTime<Utc>> =
        connus.iter().map(|l| Ok((l.text(0)?, l.ts(1)?))).collect::<Result<_, ErreurBase>>()?;
    tx.execute(
        "/* completude.vide */ DELETE FROM completude WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
        args![tranche.campagne, tranche.noeud, tranche.jeu],
    )
    .await?;
    for r in recus {
        tx.execute(
            "/* completude.insere */ INSERT INTO completude (campagne, noeud, jeu, dispositif, recu_le, vide)
             VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                tranche.campagne,
                tranche.noeud,
                tranche.jeu,
                &r.dispositif,
                connus.get(&r.dispositif).copied().unwrap_or(recu_le),
                r.vide
            ],
        )
        .await?;
    }
    Ok(())
}

/// Nodes of which something expected is missing after the limit of a campaign that still takes it.
pub async fn noeuds_en_retard(db: &Db, maintenant: DateTime<Utc>) -> Result<u64, ErreurBase> {
    let sql = format!(
        "/* completude.noeuds_en_retard */ SELECT COUNT(DISTINCT a.noeud) FROM attendu a
         JOIN campagne k ON k.code = a.campagne
         JOIN campagne_jeu j ON j.campagne = a.campagne
         LEFT JOIN completude c ON c.campagne = a.campagne AND c.noeud = a.noeud AND c.jeu = j.jeu
             AND c.dispositif = a.dispositif
         WHERE k.etat IN ('ouverte', 'en_correction') AND k.limite_depot < $1 AND c.dispositif IS NULL AND {ATTENDUE}"
    );
    let ligne = db.ligne(AssertSqlSafe(sql), args![maintenant]).await?;
    ligne.map_or(Ok(0), |l| Ok(l.int(0)?.unsigned_abs()))
}

/// Completeness of a campaign, by centre and data set.
pub async fn de_la_campagne(
    db: &Db,
    zone: &Zone,
    jeux: &[String],
    campagne: &str,
) -> Result<Vec<LigneCompletude>, ErreurBase> {
    let mut c = Conditions::default();
    let vrai = c.lie(true);
    c.egale("a.campagne", Some(campagne));
    c.parmi("j.jeu", jeux);
    visibilite::centres(&mut c, "a.noeud", zone);
    c.texte(ATTENDUE.to_owned());
    let sql = format!(
        "/* completude.par_centre */ SELECT n.identifiant, n.nom, n.organisme, j.jeu, COUNT(*), COUNT(c.dispositif),
         COUNT(CASE WHEN k.limite_depot IS NULL OR c.recu_le <= k.limite_depot THEN c.dispositif END),
         COUNT(CASE WHEN c.vide = {vrai} THEN 1 END), MIN(c.recu_le)
         FROM attendu a
         JOIN campagne k ON k.code = a.campagne
         JOIN campagne_jeu j ON j.campagne = a.campagne
         JOIN noeud n ON n.identifiant = a.noeud
         LEFT JOIN completude c ON c.campagne = a.campagne AND c.noeud = a.noeud AND c.jeu = j.jeu
             AND c.dispositif = a.dispositif{}
         GROUP BY n.identifiant, n.nom, n.organisme, j.jeu ORDER BY n.nom, n.identifiant, j.jeu",
        c.sql()
    );
    let lignes = db.lignes(AssertSqlSafe(sql), c.valeurs()).await?;
    lignes
        .iter()
        .map(|l| {
            Ok(LigneCompletude {
                noeud: l.text(0)?,
                nom: l.text(1)?,
                organisme: l.text(2)?,
                jeu: l.text(3)?,
                attendus: l.int(4)?.unsigned_abs(),
                recus: l.int(5)?.unsigned_abs(),
                dans_les_delais: l.int(6)?.unsigned_abs(),
                vides: l.int(7)?.unsigned_abs(),
                recu_le: l.opt_ts(8)?,
            })
        })
        .collect()
}
