//! Remontées: where each dispositif stands in a campaign. What a node publishes moves it by itself;
//! people check, send back and validate. A state changes only by its transition: who, when, why.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::campagne::CENTRE_ENTIER;
pub use crate::etat::{EtatRemontee, TransitionRefusee};
use crate::journal::{self, Fait};
use crate::ligne::Row;
use crate::valeur::{Conditions, args};
use crate::visibilite::{self, Zone};

/// Which remontée.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CleRemontee {
    /// Campaign.
    pub campagne: String,
    /// Centre.
    pub noeud: String,
    /// Dispositif, empty for the centre as a whole.
    pub dispositif: String,
}

/// A remontée as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remontee {
    /// Which.
    pub cle: CleRemontee,
    /// Name of the centre.
    pub emetteur_nom: String,
    /// Code of the centre.
    pub organisme: String,
    /// State.
    pub etat: EtatRemontee,
}

/// Why one indicator is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MotifIndicateur {
    /// Indicator.
    pub indicateur: String,
    /// Reason, in words.
    pub motif: String,
}

/// A transition as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// State before.
    pub de: EtatRemontee,
    /// State after.
    pub vers: EtatRemontee,
    /// Who.
    pub par: String,
    /// When.
    pub le: DateTime<Utc>,
    /// Why.
    pub motif: Option<String>,
    /// Why, per indicator.
    pub motifs: Vec<MotifIndicateur>,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct FiltreRemontee {
    /// Campaign.
    pub campagne: Option<String>,
    /// Centre.
    pub emetteur: Option<String>,
    /// Dispositif.
    pub dispositif: Option<String>,
    /// State.
    pub etat: Option<EtatRemontee>,
}

/// A transition to write.
#[derive(Debug, Clone)]
pub struct Passage {
    /// State wanted.
    pub vers: EtatRemontee,
    /// Why, in words.
    pub motif: Option<String>,
    /// Why, per indicator.
    pub motifs: Vec<MotifIndicateur>,
}

/// Makes the remontées of a campaign those of its roster; what is already there keeps its state.
pub(crate) async fn inscrit(tx: &mut Tx, campagne: &str) -> Result<(), ErreurBase> {
    tx.execute(
        "/* remontee.inscrit */ INSERT INTO remontee (campagne, noeud, dispositif)
         SELECT a.campagne, a.noeud, a.dispositif FROM attendu a WHERE a.campagne = $1
         ON CONFLICT (campagne, noeud, dispositif) DO NOTHING",
        args![campagne],
    )
    .await?;
    Ok(())
}

/// A page of remontées after a place.
pub async fn page(
    db: &Db,
    zone: &Zone,
    filtre: &FiltreRemontee,
    apres: Option<&CleRemontee>,
    limite: u32,
) -> Result<Vec<Remontee>, ErreurBase> {
    const ORDRE: &str = "r.campagne, r.noeud, r.dispositif";
    let mut c = Conditions::default();
    c.egale("r.campagne", filtre.campagne.as_deref());
    c.egale("r.noeud", filtre.emetteur.as_deref());
    c.egale("r.dispositif", filtre.dispositif.as_deref());
    c.egale("r.etat", filtre.etat.map(EtatRemontee::code));
    visibilite::remontees(&mut c, zone);
    if let Some(r) = apres {
        c.apres(ORDRE, args![&r.campagne, &r.noeud, &r.dispositif]);
    }
    let limite = c.lie(i64::from(limite));
    let sql = format!(
        "/* remontee.page */ SELECT {ORDRE}, n.nom, n.organisme, r.etat
         FROM remontee r JOIN noeud n ON n.identifiant = r.noeud{} ORDER BY {ORDRE} LIMIT {limite}",
        c.sql()
    );
    db.lignes(AssertSqlSafe(sql), c.valeurs()).await?.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Remontee, ErreurBase> {
    Ok(Remontee {
        cle: CleRemontee { campagne: l.text(0)?, noeud: l.text(1)?, dispositif: l.text(2)? },
        emetteur_nom: l.text(3)?,
        organisme: l.text(4)?,
        etat: etat(l, 5)?,
    })
}

fn etat(l: &Row, rang: usize) -> Result<EtatRemontee, ErreurBase> {
    EtatRemontee::depuis_code(&l.text(rang)?).ok_or(ErreurBase::ValeurIllisible(rang))
}

/// Transitions of these remontées, oldest first: one statement, however many there are.
pub async fn historique(db: &Db, cles: &[CleRemontee]) -> Result<Vec<(CleRemontee, Transition)>, ErreurBase> {
    if cles.is_empty() {
        return Ok(vec![]);
    }
    let mut c = Conditions::default();
    c.parmi_lignes(
        "t.campagne, t.noeud, t.dispositif",
        cles.iter().map(|k| args![&k.campagne, &k.noeud, &k.dispositif]).collect(),
    );
    let sql = format!(
        "/* remontee.historique */ SELECT t.campagne, t.noeud, t.dispositif, t.de, t.vers, t.par, t.le, t.motif, t.motifs
         FROM remontee_transition t{} ORDER BY t.ordre",
        c.sql()
    );
    db.lignes(AssertSqlSafe(sql), c.valeurs())
        .await?
        .iter()
        .map(|l| {
            let cle = CleRemontee { campagne: l.text(0)?, noeud: l.text(1)?, dispositif: l.text(2)? };
            let lus: Value = serde_json::from_str(&l.text(8)?).map_err(|_| ErreurBase::ValeurIllisible(8))?;
            let texte = |m: &Value, champ: &str| m.get(champ).and_then(Value::as_str).unwrap_or_default().to_owned();
            let motifs = lus.as_array().map_or(&[][..], Vec::as_slice).iter();
            let motifs =
                motifs.map(|m| MotifIndicateur { indicateur: texte(m, "indicateur"), motif: texte(m, "motif") });
            Ok((
                cle,
                Transition {
                    de: etat(l, 3)?,
                    vers: etat(l, 4)?,
                    par: l.text(5)?,
                    le: l.ts(6)?,
                    motif: l.opt_text(7)?,
                    motifs: motifs.collect(),
                },
            ))
        })
        .collect()
}

/// Writes a transition that somebody asked for, and its line in the journal.
pub async fn passe(db: &Db, cle: &CleRemontee, passage: &Passage, fait: &Fait) -> Result<Remontee, TransitionRefusee> {
    let mut tx = db.begin().await?;
    let ligne = tx
        .ligne(
            "/* remontee.presente */ SELECT r.campagne, r.noeud, r.dispositif, n.nom, n.organisme, r.etat
             FROM remontee r JOIN noeud n ON n.identifiant = r.noeud
             WHERE r.campagne = $1 AND r.noeud = $2 AND r.dispositif = $3",
            args![&cle.campagne, &cle.noeud, &cle.dispositif],
        )
        .await?;
    let remontee = lit(&ligne.ok_or(TransitionRefusee::Inconnu)?)?;
    if !remontee.etat.suivants().contains(&passage.vers) {
        return Err(TransitionRefusee::Etat(remontee.etat.code()));
    }
    ecrit(&mut tx, cle, remontee.etat, passage, fait).await?;
    tx.commit().await?;
    Ok(Remontee { etat: passage.vers, ..remontee })
}

async fn ecrit(
    tx: &mut Tx,
    cle: &CleRemontee,
    de: EtatRemontee,
    passage: &Passage,
    fait: &Fait,
) -> Result<(), ErreurBase> {
    let motifs: Vec<Value> =
        passage.motifs.iter().map(|m| json!({ "indicateur": m.indicateur, "motif": m.motif })).collect();
    tx.execute(
        "/* remontee_transition.insere */ INSERT INTO remontee_transition
         (campagne, noeud, dispositif, de, vers, par, le, motif, motifs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        args![
            &cle.campagne,
            &cle.noeud,
            &cle.dispositif,
            de.code(),
            passage.vers.code(),
            &fait.acteur,
            fait.moment,
            passage.motif.clone(),
            Value::from(motifs).to_string()
        ],
    )
    .await?;
    journal::inscrit(tx, fait).await
}

/// Moves the remontées of a centre after one of its publications was accepted: partly received, then
/// transmitted; what was checked or validated is to be looked at again when its figures have changed.
pub(crate) async fn apres_publication(
    tx: &mut Tx,
    noeud: &str,
    campagne: &str,
    changes: &BTreeSet<String>,
    recu_le: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let lignes = tx
        .lignes(
            "/* remontee.du_centre */ SELECT r.dispositif, r.etat,
             (SELECT COUNT(*) FROM campagne_jeu j WHERE j.campagne = r.campagne),
             (SELECT COUNT(*) FROM completude c JOIN campagne_jeu j ON j.campagne = c.campagne AND j.jeu = c.jeu
              WHERE c.campagne = r.campagne AND c.noeud = r.noeud AND c.dispositif = r.dispositif)
             FROM remontee r WHERE r.campagne = $1 AND r.noeud = $2",
            args![campagne, noeud],
        )
        .await?;
    for l in lignes {
        let (dispositif, de, attendus, recus) = (l.text(0)?, etat(&l, 1)?, l.int(2)?, l.int(3)?);
        let change = changes.contains(&dispositif) || (dispositif == CENTRE_ENTIER && !changes.is_empty());
        let Some(vers) = apres(de, attendus, recus, change).filter(|v| de.suivants().contains(v)) else { continue };
        let cle = CleRemontee { campagne: campagne.to_owned(), noeud: noeud.to_owned(), dispositif };
        let fait = Fait {
            moment: recu_le,
            acteur: noeud.to_owned(),
            action: "remontee.recevoir",
            objet: cle.to_string(),
            detail: json!({ "de": de.code(), "vers": vers.code() }),
        };
        let motif = matches!(de, EtatRemontee::Controlee | EtatRemontee::Validee)
            .then(|| "Nouvelle révision reçue, dont les chiffres ont changé.".to_owned());
        ecrit(tx, &cle, de, &Passage { vers, motif, motifs: vec![] }, &fait).await?;
    }
    Ok(())
}

fn apres(de: EtatRemontee, attendus: i64, recus: i64, change: bool) -> Option<EtatRemontee> {
    match de {
        EtatRemontee::Attendue | EtatRemontee::EnPreparation | EtatRemontee::NonRecue if recus == 0 => None,
        EtatRemontee::Attendue | EtatRemontee::EnPreparation | EtatRemontee::NonRecue if recus >= attendus => {
            Some(EtatRemontee::Transmise)
        }
        EtatRemontee::Attendue | EtatRemontee::NonRecue => Some(EtatRemontee::EnPreparation),
        EtatRemontee::EnCorrection | EtatRemontee::Controlee | EtatRemontee::Validee if change => {
            Some(EtatRemontee::Transmise)
        }
        _ => None,
    }
}

/// Gives up what never came, when a campaign closes.
pub(crate) async fn abandonne(tx: &mut Tx, campagne: &str, fait: &Fait) -> Result<(), ErreurBase> {
    let lignes = tx
        .lignes(
            "/* remontee.jamais_recues */ SELECT noeud, dispositif, etat FROM remontee
             WHERE campagne = $1 AND etat IN ('attendue', 'en_preparation')",
            args![campagne],
        )
        .await?;
    for l in lignes {
        let cle = CleRemontee { campagne: campagne.to_owned(), noeud: l.text(0)?, dispositif: l.text(1)? };
        let passage = Passage { vers: EtatRemontee::NonRecue, motif: None, motifs: vec![] };
        let fait = Fait { action: "remontee.abandonner", objet: cle.to_string(), ..fait.clone() };
        ecrit(tx, &cle, etat(&l, 2)?, &passage, &fait).await?;
    }
    Ok(())
}

impl std::fmt::Display for CleRemontee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.campagne, self.noeud)?;
        if self.dispositif.is_empty() { Ok(()) } else { write!(f, "/{}", self.dispositif) }
    }
}
