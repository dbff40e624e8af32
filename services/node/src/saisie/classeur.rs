//! From the cells of a workbook to fiches as read, and to a verdict: the one place where the layout of
//! the file and the fields of annexe 2 meet.

use dossier::controle;
use dossier::lecture::{Champ, ClasseurLu, DispositifLu, EvenementLu, PersonneLue, SoutienLu, Symbole, Textes};
use dossier::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement, StatutDispositif,
};
use referentiel::controle::{Anomalie, Fiche};
use sha2::{Digest, Sha256};
use tableur::{Illisible, LigneLue, Modele, RapportLecture, Recepteur, Valeur};

use super::verdict::Verdict;
use super::{Contexte, depot};

/// A workbook read but not judged yet: says what to fetch for its context.
#[derive(Debug)]
pub struct Lecture {
    /// The fiches as read.
    pub classeur: ClasseurLu,
    /// What the reader of the file found, and where each field stands.
    pub rapport: RapportLecture,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: String,
}

/// Reads a workbook; nothing is kept of a file that cannot be read to its end.
pub fn lire(octets: &[u8], modele: &Modele) -> Result<Lecture, Illisible> {
    let mut lecteur = Lecteur::nouveau(modele);
    let rapport = tableur::lire(octets, modele, &mut lecteur)?;
    let mut classeur = lecteur.classeur;
    let fiches = [Fiche::Dispositif, Fiche::Personne, Fiche::Evenement];
    classeur.feuilles_absentes = fiches.into_iter().filter(|f| rapport.positions.nom_lu(*f).is_none()).collect();
    Ok(Lecture { classeur, rapport, empreinte: empreinte(octets) })
}

/// Reads and judges a workbook of the layout of annexe 2.
pub fn verifier(octets: &[u8], contexte: &Contexte) -> Verdict {
    match lire(octets, Modele::cfea()) {
        Ok(lecture) => lecture.verifier(contexte),
        Err(illisible) => Verdict::illisible(&illisible, empreinte(octets)),
    }
}

impl Lecture {
    /// Judges the workbook: form, deposit, then business checks.
    pub fn verifier(self, contexte: &Contexte) -> Verdict {
        let Self { classeur, rapport, empreinte } = self;
        let (metier, remontee) = controle::controler(&classeur, &contexte.controle);
        let mut depot = depot::controler(&contexte.depot, contexte.controle.campagne.as_ref(), &classeur);
        // A dispositif outside the roster is refused already: that nobody expects it is no news.
        let hors_referentiel =
            |a: &Anomalie| metier.iter().any(|m| m.bloque() && m.controle == "C-DI-02" && m.place == a.place);
        depot.retain(|a| !hors_referentiel(a));
        depot.extend(depot::deja_depose(&contexte.depot, &empreinte));
        let anomalies = rapport.anomalies.into_iter().chain(depot).chain(metier).collect();
        Verdict::nouveau(&classeur, anomalies, &rapport.positions, remontee, empreinte)
    }
}

fn empreinte(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|o| format!("{o:02x}")).collect()
}

/// Places of the fields in the rows of the layout, looked up once.
struct Indices {
    dispositif: [usize; 17],
    personne: [usize; 12],
    evenement: [usize; 13],
}

const DISPOSITIF: [&str; 17] = [
    "reference_dispositif",
    "email_responsable",
    "nom_responsable",
    "prenom_responsable",
    "nom_dispositif",
    "code_departement",
    "region_dispositif",
    "nom_departement",
    "emails_conseillers",
    "statut_dispositif",
    "structures_rattachees",
    "capacite_accompagnement",
    "etp_total",
    "etp_hors_administratifs",
    "nb_professionnels_hors_administratifs",
    "nb_liste_attente",
    "nb_sans_suite",
];
const PERSONNE: [&str; 12] = [
    "reference_personne",
    "dispositif_accompagnant",
    "personne_reference_dispositif",
    "structure_accompagnante",
    "date_naissance",
    "sexe",
    "handicap_principal",
    "handicap_associe",
    "date_entree",
    "date_sortie",
    "duree_sans_emploi_mois",
    "orientation",
];
const EVENEMENT: [&str; 13] = [
    "id_evenement",
    "evt_reference_dispositif",
    "evt_nom_dispositif",
    "evt_region",
    "evt_departement",
    "evt_reference_personne",
    "statut_evenement",
    "niveau_soutien",
    "emploi_date_evenement",
    "formation_date_evenement",
    "emploi_dernier_mois",
    "formation_dernier_mois",
    "date_evenement",
];

/// Turns rows into fiches as read.
struct Lecteur {
    indices: Indices,
    classeur: ClasseurLu,
}

impl Lecteur {
    fn nouveau(modele: &Modele) -> Self {
        // A field the layout does not have reads as a missing column.
        let place = |fiche, champ: &str| modele.indice(fiche, champ).unwrap_or(usize::MAX);
        Self {
            indices: Indices {
                dispositif: DISPOSITIF.map(|champ| place(Fiche::Dispositif, champ)),
                personne: PERSONNE.map(|champ| place(Fiche::Personne, champ)),
                evenement: EVENEMENT.map(|champ| place(Fiche::Evenement, champ)),
            },
            classeur: ClasseurLu::default(),
        }
    }
}

impl Recepteur for Lecteur {
    fn ligne(&mut self, fiche: Fiche, ligne: &LigneLue<'_>) {
        let classeur = &mut self.classeur;
        match fiche {
            Fiche::Dispositif => classeur.dispositifs.push(dispositif(ligne, self.indices.dispositif)),
            Fiche::Personne => {
                let personne = personne(ligne, self.indices.personne, &mut classeur.textes);
                classeur.personnes.push(personne);
            }
            Fiche::Evenement => {
                let evenement = evenement(ligne, self.indices.evenement, &mut classeur.textes);
                classeur.evenements.push(evenement);
            }
        }
    }
}

fn dispositif(ligne: &LigneLue<'_>, indices: [usize; 17]) -> DispositifLu {
    let v = indices.map(|indice| ligne.valeur(indice));
    DispositifLu {
        ligne: ligne.numero,
        reference: texte(v[0]),
        email_responsable: texte(v[1]),
        nom_responsable: texte(v[2]),
        prenom_responsable: texte(v[3]),
        nom: texte(v[4]),
        departement: texte(v[5]),
        region: texte(v[6]),
        nom_departement: texte(v[7]),
        emails_conseillers: liste(v[8]),
        statut: modalite(v[9], StatutDispositif::depuis_code),
        structures: liste(v[10]),
        capacite: champ(v[11], Valeur::entier),
        etp_total: champ(v[12], Valeur::decimal),
        etp_hors_administratifs: champ(v[13], Valeur::decimal),
        professionnels: champ(v[14], Valeur::entier),
        liste_attente: champ(v[15], Valeur::entier),
        sans_suite: champ(v[16], Valeur::entier),
    }
}

fn personne(ligne: &LigneLue<'_>, indices: [usize; 12], textes: &mut Textes) -> PersonneLue {
    let v = indices.map(|indice| ligne.valeur(indice));
    PersonneLue {
        ligne: ligne.numero,
        reference: reference(v[0]),
        dispositif: symbole(v[1], textes),
        reference_dispositif: symbole(v[2], textes),
        structure: symbole(v[3], textes),
        naissance: champ(v[4], Valeur::date),
        sexe: modalite(v[5], Sexe::depuis_code),
        handicap_principal: modalite(v[6], Handicap::depuis_code),
        handicap_associe: modalite(v[7], Handicap::depuis_code),
        entree: champ(v[8], Valeur::date),
        sortie: champ(v[9], Valeur::date),
        duree_sans_emploi: champ(v[10], Valeur::entier),
        orientation: modalite(v[11], Orientation::depuis_code),
    }
}

fn evenement(ligne: &LigneLue<'_>, indices: [usize; 13], textes: &mut Textes) -> EvenementLu {
    let v = indices.map(|indice| ligne.valeur(indice));
    EvenementLu {
        ligne: ligne.numero,
        id: reference(v[0]),
        dispositif: symbole(v[1], textes),
        nom_dispositif: symbole(v[2], textes),
        region: symbole(v[3], textes),
        departement: symbole(v[4], textes),
        personne: reference(v[5]),
        statut: modalite(v[6], StatutAccompagnement::depuis_code),
        niveau: soutien(v[7]),
        emploi: modalite(v[8], Emploi::depuis_code),
        formation: modalite(v[9], Formation::depuis_code),
        emploi_mois: modalite(v[10], Emploi::depuis_code),
        formation_mois: modalite(v[11], Formation::depuis_code),
        date: champ(v[12], Valeur::date),
    }
}

/// A value of an unexpected kind can only come from a layout that gives the field another type: it is
/// then as unreadable as a faulty one.
fn champ<'v, 'a, T>(valeur: &'v Valeur<'a>, lit: impl FnOnce(&'v Valeur<'a>) -> Option<T>) -> Champ<T> {
    match valeur {
        Valeur::Vide => Champ::Vide,
        Valeur::Absente => Champ::Absent,
        Valeur::Fautive => Champ::Fautif,
        presente => lit(presente).map_or(Champ::Fautif, Champ::Valeur),
    }
}

fn texte(valeur: &Valeur<'_>) -> Champ<String> {
    champ(valeur, |v| v.texte().map(str::to_owned))
}

fn reference(valeur: &Valeur<'_>) -> Champ<Box<str>> {
    champ(valeur, |v| v.texte().map(Box::from))
}

fn symbole(valeur: &Valeur<'_>, textes: &mut Textes) -> Champ<Symbole> {
    champ(valeur, |v| v.texte().map(|texte| textes.symbole(texte)))
}

fn liste(valeur: &Valeur<'_>) -> Champ<Vec<String>> {
    champ(valeur, |v| if let Valeur::Liste(textes) = v { Some(textes.clone()) } else { None })
}

fn modalite<T>(valeur: &Valeur<'_>, depuis_code: fn(&str) -> Option<T>) -> Champ<T> {
    champ(valeur, |v| v.modalite().and_then(depuis_code))
}

fn soutien(valeur: &Valeur<'_>) -> Champ<SoutienLu> {
    champ(valeur, |v| {
        let niveau = NiveauSoutien::depuis_code(v.modalite()?)?;
        let heures = if let Valeur::Heures { heures, .. } = v { Some(*heures) } else { None };
        Some(SoutienLu { niveau, heures })
    })
}
