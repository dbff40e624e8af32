//! The catalogue of good practices: the sheets that nodes publish (jeu `pratiques`) and those that centres propose from
//! the pages, in one list. A sheet is checked against the jeu wherever it comes from, and never tells of a person.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hub_storage::fiche::FiltreFiche;
use hub_storage::pratique::{EtatPratique, Pratique, Proposition};
use referentiel::cellule::Audience;
use referentiel::jeu::declaration::{Champ, Liste};
use referentiel::jeu::{Jeu, jeu};
use referentiel::texte::plie;
use sha2::{Digest as _, Sha256};

use crate::acces::regle::GestePratique;
use crate::acces::{Guichet, Refus};
use crate::validation::fiches::champ_fautif;

/// Data set whose fields a sheet has.
const JEU: &str = "pratiques";
/// Its list.
const LISTE: &str = "fiche";
/// Field that the life of the sheet fills, never a person.
const ETAT: &str = "etat";
/// Field by which a centre vouches that nobody can be recognised.
const ANONYME: &str = "anonyme";
/// Sheets that one list may hold.
const FICHES: u32 = 5_000;
/// Longest field.
const LONGUEUR: usize = 4_000;

/// A good practice, wherever it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FichePratique {
    /// Its name in addresses, the same for ever.
    pub reference: String,
    /// Centre.
    pub noeud: String,
    /// Name of the centre.
    pub emetteur_nom: String,
    /// Code of the centre.
    pub organisme: String,
    /// Fields of the jeu.
    pub champs: BTreeMap<String, String>,
    /// Where it stands.
    pub etat: EtatPratique,
    /// Why it was refused.
    pub motif: Option<String>,
    /// Codes of the centres that adopted it, with their nodes.
    pub adoptee_par: Vec<(String, String)>,
    /// What was proposed from the pages, on which something may be decided.
    pub proposee: Option<Pratique>,
}

impl FichePratique {
    /// A field; empty when the sheet has none.
    pub fn champ(&self, code: &str) -> &str {
        self.champs.get(code).map_or("", String::as_str)
    }

    /// Label of its theme.
    pub fn theme(&self) -> String {
        let code = self.champ("theme");
        themes().into_iter().find(|(c, _)| c == code).map_or_else(|| code.to_owned(), |(_, libelle)| libelle)
    }
}

/// What somebody wrote that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faute {
    /// Code of the field.
    pub champ: String,
    /// Sentence.
    pub message: String,
}

/// Why a practice was not moved.
#[derive(Debug, thiserror::Error)]
pub enum PratiqueImpossible {
    /// Unknown, or not visible: the same answer.
    #[error("Cette fiche n’existe pas, ou votre rôle ne la voit pas.")]
    Inconnue,
    /// Somebody decided before, or its author decides.
    #[error("Cette fiche n’attend plus de relecture, ou vous en êtes l’auteur : une autre personne la relit.")]
    Decidee,
    /// Only a published sheet is adopted, and not by its author.
    #[error("Une fiche s’adopte une fois publiée, et par un autre centre que celui qui l’a écrite.")]
    NonAdoptable,
    /// A refusal is explained.
    #[error("Un refus demande un motif : dites ce qui est à reprendre.")]
    Motif,
    /// Fields.
    #[error("La fiche a des rubriques à corriger.")]
    Champs(Vec<Faute>),
    /// The caller, or the database.
    #[error(transparent)]
    Refus(#[from] Refus),
}

/// What a reader looks for.
#[derive(Debug, Clone, Default)]
pub struct Recherche {
    /// Words, all of them somewhere in the sheet.
    pub mots: String,
    /// Code of a theme.
    pub theme: Option<String>,
    /// Node of a centre.
    pub emetteur: Option<String>,
}

/// (code, label) of the themes.
pub fn themes() -> Vec<(String, String)> {
    let liste = jeu(JEU).and_then(|j| j.nomenclature_de_nom("pratique_theme"));
    liste.map(|l| l.modalites.iter().map(|m| (m.code.clone(), m.libelle.clone())).collect()).unwrap_or_default()
}

/// Fields that a person writes, in the order of the jeu.
pub fn champs() -> Vec<&'static Champ> {
    modele().map(|(_, liste)| liste.publies().filter(|c| c.code != ETAT).collect()).unwrap_or_default()
}

fn modele() -> Option<(&'static Jeu, &'static Liste)> {
    let jeu = jeu(JEU)?;
    Some((jeu, jeu.liste(LISTE)?))
}

/// Every sheet the caller may see, the most recent first.
pub async fn catalogue(guichet: &Guichet) -> Result<Vec<FichePratique>, Refus> {
    catalogue_a(guichet, None).await
}

/// The same with what had been decided, published and adopted at a moment; what waited then is not told.
pub async fn catalogue_a(guichet: &Guichet, moment: Option<DateTime<Utc>>) -> Result<Vec<FichePratique>, Refus> {
    let avant = |t: DateTime<Utc>| moment.is_none_or(|m| t <= m);
    let adoptions = guichet.adoptions().await?;
    let proposees = guichet.pratiques_proposees().await?.into_iter();
    let mut fiches: Vec<FichePratique> =
        proposees.filter(|p| moment.is_none() || p.decidee_le.is_some_and(avant)).map(proposee).collect();
    fiches.extend(publiees(&guichet.par_periode(moment, &[JEU]).await?).await?);
    for fiche in &mut fiches {
        let siennes = adoptions.iter().filter(|a| a.pratique == fiche.reference && avant(a.adoptee_le));
        fiche.adoptee_par = siennes.map(|a| (a.organisme.clone(), a.noeud.clone())).collect();
    }
    Ok(fiches)
}

/// Those of the catalogue that a search keeps.
pub fn cherche(fiches: Vec<FichePratique>, recherche: &Recherche) -> Vec<FichePratique> {
    let mots: Vec<String> = plie(&recherche.mots).split_whitespace().map(str::to_owned).collect();
    let retenue = |f: &FichePratique| {
        let texte =
            plie(&f.champs.values().map(String::as_str).chain([f.emetteur_nom.as_str()]).collect::<Vec<_>>().join(" "));
        mots.iter().all(|mot| texte.contains(mot.as_str()))
            && recherche.theme.as_deref().is_none_or(|t| f.champ("theme") == t)
            && recherche.emetteur.as_deref().is_none_or(|e| f.noeud == e)
    };
    fiches.into_iter().filter(retenue).collect()
}

/// The sheet of this reference.
pub async fn trouve(guichet: &Guichet, reference: &str) -> Result<FichePratique, PratiqueImpossible> {
    let fiches = catalogue(guichet).await?;
    fiches.into_iter().find(|f| f.reference == reference).ok_or(PratiqueImpossible::Inconnue)
}

fn proposee(p: Pratique) -> FichePratique {
    FichePratique {
        reference: p.identifiant.clone(),
        noeud: p.noeud.clone(),
        emetteur_nom: p.emetteur_nom.clone(),
        organisme: p.organisme.clone(),
        champs: p.champs.clone(),
        etat: p.etat,
        motif: p.motif.clone(),
        adoptee_par: vec![],
        proposee: Some(p),
    }
}

/// The sheets that nodes publish; of one published again later, the last.
async fn publiees(guichets: &[Guichet]) -> Result<Vec<FichePratique>, Refus> {
    let mut lues = Vec::new();
    for guichet in guichets {
        let filtre = FiltreFiche {
            audience: guichet.audience(Some(guichet.appelant().audience.max(Audience::Reseau)))?,
            jeu: JEU.to_owned(),
            campagne: None,
            liste: Some(LISTE.to_owned()),
            departement: None,
            emetteur: None,
        };
        lues.extend(guichet.fiches(&filtre, None, FICHES).await?);
    }
    // In order of period: the later one replaces the earlier.
    lues.sort_by(|a, b| a.rang.cmp(&b.rang));
    let dernieres: BTreeMap<_, _> = lues.into_iter().map(|f| ((f.rang.noeud.clone(), f.rang.cle.clone()), f)).collect();
    let fiche = |((noeud, cle), f): ((String, String), hub_storage::fiche::Fiche)| FichePratique {
        reference: reference(&noeud, &cle),
        noeud,
        emetteur_nom: f.emetteur_nom,
        organisme: f.organisme,
        champs: f.champs,
        etat: EtatPratique::Publiee,
        motif: None,
        adoptee_par: vec![],
        proposee: None,
    };
    Ok(dernieres.into_iter().map(fiche).collect())
}

/// Name of a sheet of a node: of its centre and its title, the same from one publication to the next.
fn reference(noeud: &str, cle: &str) -> String {
    let condense =
        Sha256::new_with_prefix(b"maillage/pratique/v1\0").chain_update(noeud).chain_update([0]).chain_update(cle);
    URL_SAFE_NO_PAD.encode(condense.finalize()).chars().take(22).collect()
}

/// Checks what was written, by the fields of the jeu.
pub fn controle(ecrits: &BTreeMap<String, String>) -> Vec<Faute> {
    let Some((jeu, _)) = modele() else { return vec![] };
    champs()
        .into_iter()
        .filter_map(|champ| faute(jeu, champ, ecrits.get(&champ.code).map_or("", String::as_str)))
        .collect()
}

fn faute(jeu: &Jeu, champ: &Champ, ecrit: &str) -> Option<Faute> {
    let dit = |message: String| Some(Faute { champ: champ.code.clone(), message });
    match ecrit.trim() {
        // Rule BP-01 of the jeu.
        autre if champ.code == ANONYME && autre != "oui" => {
            dit("Relisez la fiche, puis attestez qu’aucun cas n’y est reconnaissable.".to_owned())
        }
        "" if champ.obligatoire => dit(format!("« {} » est à remplir.", champ.libelle)),
        "" => None,
        long if long.chars().count() > LONGUEUR => {
            dit(format!("« {} » dépasse {LONGUEUR} caractères : résumez.", champ.libelle))
        }
        texte if numero_de_personne(texte) => dit(format!(
            "« {} » contient un numéro de treize chiffres ou plus : retirez ce qui désigne une personne ou un employeur.",
            champ.libelle
        )),
        texte => champ_fautif(jeu, champ, texte, 0).and_then(|(_, detail)| {
            dit(format!("« {} » : {detail} Un nombre s’écrit avec un point, par exemple 12.5.", champ.libelle))
        }),
    }
}

/// Thirteen digits in a row, spaces apart: a NIR, a SIRET, the reference of a file.
fn numero_de_personne(texte: &str) -> bool {
    let mut suite = 0;
    texte.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').any(|c| {
        suite = if c.is_ascii_digit() { suite + 1 } else { 0 };
        suite >= 13
    })
}

/// Proposes a sheet for a centre. Sent twice, the form proposes once.
pub async fn propose(
    guichet: &Guichet,
    identifiant: &str,
    noeud: &str,
    mut ecrits: BTreeMap<String, String>,
    moment: DateTime<Utc>,
) -> Result<FichePratique, PratiqueImpossible> {
    if !guichet.peut_pratiquer(GestePratique::Proposer, noeud) {
        return Err(Refus::Acces("cette action").into());
    }
    ecrits.retain(|code, texte| champs().iter().any(|c| c.code == *code) && !texte.trim().is_empty());
    // A figure is often written with a comma.
    if let Some(resultat) = ecrits.get_mut("resultat") {
        *resultat = resultat.trim().replace(',', ".").replace(['\u{a0}', '\u{202f}', ' '], "");
    }
    let fautes = controle(&ecrits);
    if !fautes.is_empty() {
        return Err(PratiqueImpossible::Champs(fautes));
    }
    let centre = guichet.configuration().noeuds.iter().map(|(n, _)| n).find(|n| n.identifiant.as_str() == noeud);
    let departements = centre.and_then(|n| guichet.configuration().departements(&n.identifiant));
    let territoire = departements.and_then(|d| d.first()).map(ToString::to_string).unwrap_or_default();
    let proposition =
        Proposition { identifiant: identifiant.to_owned(), noeud: noeud.to_owned(), territoire, champs: ecrits };
    guichet.propose_pratique(&proposition, moment).await?;
    trouve(guichet, identifiant).await
}

/// Publishes or refuses a proposal.
pub async fn decide(
    guichet: &Guichet,
    reference: &str,
    vers: EtatPratique,
    motif: &str,
    moment: DateTime<Utc>,
) -> Result<FichePratique, PratiqueImpossible> {
    if guichet.centres_ou_pratiquer(GestePratique::Decider).is_empty() {
        return Err(Refus::Acces("cette action").into());
    }
    let motif = motif.trim();
    if vers == EtatPratique::Refusee && motif.is_empty() {
        return Err(PratiqueImpossible::Motif);
    }
    let fiche = trouve(guichet, reference).await?;
    let proposee = fiche.proposee.ok_or(PratiqueImpossible::Decidee)?;
    let motif = (vers == EtatPratique::Refusee).then_some(motif);
    if !guichet.decide_pratique(&proposee, vers, motif, moment).await? {
        return Err(PratiqueImpossible::Decidee);
    }
    trouve(guichet, reference).await
}

/// Says that a centre does the same.
pub async fn adopte(
    guichet: &Guichet,
    reference: &str,
    noeud: &str,
    moment: DateTime<Utc>,
) -> Result<FichePratique, PratiqueImpossible> {
    if !guichet.peut_pratiquer(GestePratique::Adopter, noeud) {
        return Err(Refus::Acces("cette action").into());
    }
    let fiche = trouve(guichet, reference).await?;
    if fiche.etat != EtatPratique::Publiee || fiche.noeud == noeud {
        return Err(PratiqueImpossible::NonAdoptable);
    }
    guichet.adopte_pratique(reference, noeud, moment).await?;
    trouve(guichet, reference).await
}

/// Centres of the caller that may adopt this sheet and have not yet.
pub fn adoptants<'g>(guichet: &'g Guichet, fiche: &FichePratique) -> Vec<&'g hub_storage::noeud::Noeud> {
    if fiche.etat != EtatPratique::Publiee {
        return vec![];
    }
    let mut centres = guichet.centres_ou_pratiquer(GestePratique::Adopter);
    centres.retain(|n| {
        let id = n.identifiant.as_str();
        id != fiche.noeud && fiche.adoptee_par.iter().all(|(_, noeud)| noeud != id)
    });
    centres
}

/// May the caller publish or refuse this sheet now?
pub fn peut_decider(guichet: &Guichet, fiche: &FichePratique) -> bool {
    fiche.etat == EtatPratique::Proposee
        && fiche.proposee.as_ref().is_some_and(|p| p.proposee_par != guichet.appelant().nom)
        && guichet.peut_pratiquer(GestePratique::Decider, &fiche.noeud)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ecrits(change: &[(&str, &str)]) -> BTreeMap<String, String> {
        let bons = [
            ("titre", "Cellule de maintien"),
            ("theme", "maintien"),
            ("probleme", "Des arrêts longs sans suite."),
            ("realisation", "Une réunion par mois."),
            ("moyens", "0,2 ETP"),
            ("indicateur", "Maintiens pour 1 000 agents"),
            ("resultat", "3.2"),
            ("periode", "2025"),
            ("limites", "Petit effectif."),
            ("contact", "service handicap, 03 84 00 00 00"),
            ("anonyme", "oui"),
        ];
        bons.iter().chain(change).map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_sheet_is_checked_by_the_fields_of_its_jeu() {
        assert_eq!(controle(&ecrits(&[])), []);
        let champ = |change: (&str, &str)| controle(&ecrits(&[change])).first().map(|f| f.champ.clone());
        assert_eq!(champ(("titre", " ")).as_deref(), Some("titre"));
        assert_eq!(champ(("theme", "cuisine")).as_deref(), Some("theme"));
        assert_eq!(champ(("resultat", "beaucoup")).as_deref(), Some("resultat"));
        assert_eq!(champ(("anonyme", "")).as_deref(), Some("anonyme"));
        assert_eq!(champ(("realisation", "dossier 1 84 12 70 123 456 78")).as_deref(), Some("realisation"));
    }

    #[test]
    fn words_are_found_without_accents_and_a_reference_outlives_a_publication() {
        let fiche = FichePratique {
            reference: reference("cdg-1", "Cellule"),
            noeud: "cdg-1".to_owned(),
            emetteur_nom: "Centre de la Haute-Saône".to_owned(),
            organisme: "CDG70".to_owned(),
            champs: ecrits(&[]),
            etat: EtatPratique::Publiee,
            motif: None,
            adoptee_par: vec![],
            proposee: None,
        };
        let trouvees = |mots: &str, theme: Option<&str>| {
            let recherche = Recherche { mots: mots.to_owned(), theme: theme.map(str::to_owned), emetteur: None };
            cherche(vec![fiche.clone()], &recherche).len()
        };
        assert_eq!((trouvees("REUNION saone", None), trouvees("réunion", Some("maintien"))), (1, 1));
        assert_eq!((trouvees("piscine", None), trouvees("", Some("apprentissage"))), (0, 0));
        assert_eq!(fiche.reference, reference("cdg-1", "Cellule"));
        assert_ne!(reference("cdg-1", "2x"), reference("cdg-12", "x"));
        assert_eq!(fiche.theme(), "Maintien dans l’emploi");
    }
}
