//! One short form: the event of a person, a person who comes in, or the figures of the dispositif. Its fields, their lists
//! and their checks are those of the workbook.

use askama::Template;
use dossier::{FichePersonne, Remontee};
use referentiel::controle::{Fiche, Severite};
use referentiel::format::date;
use tableur::modele::{Champ, Feuille, Genre};
use tableur::position::case;

use super::super::Pages;
use super::super::campagne::Modalite;
use super::super::champ::{ChampSaisi, Fautes, Groupe, erreurs_en, modifiable, nom};
use super::super::fiches::texte;
use super::super::rendu::Refus;
use super::super::session::Champs;
use super::ouverte::CampagneOuverte;
use crate::saisie::Verdict;
use crate::saisie::modele::Tranche;
use crate::saisie::preparation::{Nouvelle, Textes};

/// What a form is about.
#[derive(Debug, Clone)]
pub enum Objet {
    /// The figures of the dispositif.
    Dispositif,
    /// The event of a known person.
    Personne {
        /// Rank among the fiches.
        rang: usize,
        /// Mark in the addresses.
        repere: String,
    },
    /// A person who comes in, by rank; the last rank is a new one.
    Nouvelle(usize),
}

/// A form.
#[derive(Debug, Template)]
#[template(path = "formule.html")]
pub struct Formule<'a> {
    /// Heading.
    pub titre: String,
    groupes: Vec<Groupe>,
    fautes: Fautes,
    date: String,
    numero: u32,
    action: String,
    retour: String,
    retrait: Option<String>,
    bouton: &'static str,
    /// One fiche after the other: offered while the campaign is not stored.
    a_la_suite: bool,
    jeton: &'a str,
}

impl Objet {
    /// What an address names.
    pub fn lu(pages: &Pages, ouverte: &CampagneOuverte, texte: &str) -> Result<Self, Refus> {
        let absent = || Refus::introuvable("Cette fiche n’est pas dans cette campagne. Revenez au dispositif.");
        if texte == "dispositif" {
            return Ok(Self::Dispositif);
        }
        if let Some(rang) = texte.strip_prefix("nouvelle-") {
            let rang: usize = rang.parse().map_err(|_| absent())?;
            let connues = ouverte.preparation.saisies.nouvelles.len();
            return Ok(Self::Nouvelle(rang.checked_sub(1).ok_or_else(absent)?.min(connues)));
        }
        let rang = ouverte.preparation.depart.personnes.iter().position(|p| pages.repere(p) == texte);
        Ok(Self::Personne { rang: rang.ok_or_else(absent)?, repere: texte.to_owned() })
    }

    /// Its name in an address.
    pub fn code(&self) -> String {
        match self {
            Self::Dispositif => "dispositif".to_owned(),
            Self::Personne { repere, .. } => repere.clone(),
            Self::Nouvelle(rang) => format!("nouvelle-{}", rang + 1),
        }
    }

    /// The rows it is about, and their fields, in reading order. An event that was never typed has no row yet.
    fn lignes<'m>(&self, o: &'m CampagneOuverte) -> Vec<(Fiche, Option<usize>, Vec<&'m Champ>)> {
        let champs = |fiche: Fiche, garde: fn(&Champ) -> bool| {
            o.modele.feuille(fiche).champs().iter().filter(|c| garde(c)).collect::<Vec<_>>()
        };
        let de_l_evenement = |c: &Champ| modifiable(c) && c.identifiant != "date_evenement";
        match self {
            Self::Dispositif => vec![(Fiche::Dispositif, Some(0), champs(Fiche::Dispositif, modifiable))],
            Self::Personne { rang, .. } => {
                let evenement = o.preparation.depart.personnes.get(*rang).and_then(|p| o.preparation.rang_evenement(p));
                vec![
                    (Fiche::Evenement, evenement, champs(Fiche::Evenement, de_l_evenement)),
                    // C-EV-07: an accompaniment that ended has its date of exit.
                    (Fiche::Personne, Some(*rang), champs(Fiche::Personne, |c| c.identifiant == "date_sortie")),
                ]
            }
            Self::Nouvelle(rang) => {
                let (personne, evenement) = o.preparation.rangs_nouvelle(*rang);
                let de_la_personne = |c: &Champ| {
                    c.identifiant == "reference_personne"
                        || (modifiable(c) && c.identifiant != "dispositif_accompagnant")
                };
                vec![
                    (Fiche::Personne, Some(personne), champs(Fiche::Personne, de_la_personne)),
                    (Fiche::Evenement, Some(evenement), champs(Fiche::Evenement, de_l_evenement)),
                ]
            }
        }
    }

    /// Puts what was typed in the draft; a field that says what is stored says nothing new.
    pub fn pose(&self, o: &mut CampagneOuverte, champs: &Champs) {
        let stocke = Tranche::de(&o.modele, &o.preparation.depart);
        let mut poses: Vec<(Fiche, Textes)> = Vec::new();
        for (fiche, rang, siens) in self.lignes(o) {
            let feuille = o.modele.feuille(fiche);
            let connu = |c: &Champ| rang.and_then(|rang| valeur(&stocke, feuille, rang, c)).unwrap_or_default();
            let tapes = siens.into_iter().map(|c| (c, champs.valeur(&nom(fiche, c)).to_owned()));
            let neufs = tapes.filter(|(c, tape)| *tape != connu(c)).map(|(c, tape)| (c.identifiant.clone(), tape));
            poses.push((fiche, neufs.collect()));
        }
        let saisies = &mut o.preparation.saisies;
        for (fiche, textes) in poses {
            match (self, fiche) {
                (Self::Dispositif, _) => saisies.dispositif = textes,
                (Self::Personne { rang, .. }, _) => {
                    let Some(personne) = o.preparation.depart.personnes.get(*rang) else { continue };
                    let place =
                        if fiche == Fiche::Evenement { &mut saisies.evenements } else { &mut saisies.personnes };
                    place.insert(personne.reference.as_str().to_owned(), textes);
                }
                (Self::Nouvelle(rang), _) => {
                    if saisies.nouvelles.len() <= *rang {
                        saisies.nouvelles.push(Nouvelle::default());
                    }
                    let Some(nouvelle) = saisies.nouvelles.get_mut(*rang) else { continue };
                    let place =
                        if fiche == Fiche::Evenement { &mut nouvelle.evenement } else { &mut nouvelle.personne };
                    *place = textes;
                }
            }
        }
    }

    /// Takes what was typed of it out of the draft.
    pub fn retire(&self, o: &mut CampagneOuverte) {
        let saisies = &mut o.preparation.saisies;
        match self {
            Self::Dispositif => saisies.dispositif.clear(),
            Self::Personne { rang, .. } => {
                if let Some(personne) = o.preparation.depart.personnes.get(*rang) {
                    saisies.personnes.remove(personne.reference.as_str());
                    saisies.evenements.remove(personne.reference.as_str());
                }
            }
            Self::Nouvelle(rang) => {
                if *rang < saisies.nouvelles.len() {
                    saisies.nouvelles.remove(*rang);
                }
            }
        }
    }

    /// Where what is stored is corrected: it is not keyed a second time.
    pub fn deja_enregistre(&self, o: &CampagneOuverte) -> Option<String> {
        if matches!(self, Self::Dispositif) && o.preparation.enregistree {
            return Some(format!("/dispositifs/{}/modifier?campagne={}", o.reference, o.trimestre()));
        }
        let Self::Personne { rang, repere } = self else { return None };
        let personne = o.preparation.depart.personnes.get(*rang).filter(|p| o.preparation.a_un_evenement(p))?;
        Some(format!("/dispositifs/{}/personnes/{repere}/modifier?campagne={}", personne.dispositif, o.trimestre()))
    }

    /// The fiche of the next person whose event is due.
    pub fn suivante(&self, pages: &Pages, o: &CampagneOuverte) -> Option<String> {
        let Self::Personne { rang, .. } = self else { return None };
        let due = |p: &&FichePersonne| o.preparation.rang_evenement(p).is_none();
        let apres = o.preparation.depart.personnes.iter().skip(rang + 1).find(due)?;
        Some(super::super::fiches::adresse(&o.reference, &pages.repere(apres), o.trimestre()))
    }

    /// True when something was typed of it.
    fn saisi(&self, o: &CampagneOuverte) -> bool {
        let saisies = &o.preparation.saisies;
        match self {
            Self::Dispositif => !saisies.dispositif.is_empty(),
            Self::Personne { rang, .. } => o.preparation.depart.personnes.get(*rang).is_some_and(|p| {
                let reference = p.reference.as_str();
                saisies.evenements.contains_key(reference) || saisies.personnes.contains_key(reference)
            }),
            Self::Nouvelle(rang) => *rang < saisies.nouvelles.len(),
        }
    }
}

impl<'a> Formule<'a> {
    /// The form of an object, with what the checks say of its own rows.
    pub fn nouvelle(o: &CampagneOuverte, objet: &Objet, verdict: Option<&Verdict>, jeton: &'a str) -> Self {
        let tranche = o.preparation.tranche(&o.modele);
        let anomalies = verdict.map_or(&[][..], |v| &v.anomalies);
        let mut ailleurs = Vec::new();
        let mut groupes = Vec::new();
        for (fiche, rang, champs) in objet.lignes(o) {
            let feuille = o.modele.feuille(fiche);
            let mut saisis = Vec::new();
            for champ in champs {
                let erreurs = rang.map(|rang| erreurs_en(anomalies, feuille, rang, champ)).unwrap_or_default();
                let tape = rang.and_then(|rang| valeur(&tranche, feuille, rang, champ)).unwrap_or_default();
                let mut saisi = ChampSaisi::de_fiche(fiche, champ, tape, erreurs);
                precise(&mut saisi, o, objet, (fiche, champ));
                saisis.push(saisi);
            }
            let dites: Vec<&String> = saisis.iter().flat_map(|s| &s.erreurs).collect();
            ailleurs.extend(
                anomalies
                    .iter()
                    .filter(|a| a.severite == Severite::Bloquant && a.feuille.as_deref() == Some(feuille.nom.as_str()))
                    .filter(|a| rang.is_some() && a.cellule.as_deref().and_then(rang_de) == rang)
                    .filter(|a| !dites.contains(&&a.message))
                    .map(|a| a.message.clone()),
            );
            groupes.push(Groupe::nouveau(titre_du_groupe(fiche), saisis));
        }
        let retour = match objet {
            Objet::Personne { repere, .. } => super::super::fiches::adresse(&o.reference, repere, o.trimestre()),
            _ => o.adresse(),
        };
        let retrait = objet.saisi(o).then(|| {
            format!("/dispositifs/{}/saisie/{}/retirer?campagne={}", o.reference, objet.code(), o.trimestre())
        });
        Self {
            titre: titre(o, objet),
            fautes: Fautes::nouvelles("la saisie est gardée en brouillon", &groupes, ailleurs),
            groupes,
            date: date(o.preparation.depart.date),
            numero: o.numero,
            action: o.geste(&objet.code()),
            retour,
            retrait,
            bouton: bouton(o, objet),
            a_la_suite: matches!(objet, Objet::Personne { .. }) && !o.preparation.enregistree,
            jeton,
        }
    }

    /// True when something of these rows blocks.
    pub fn en_erreur(&self) -> bool {
        !self.fautes.aucune()
    }
}

fn titre(o: &CampagneOuverte, objet: &Objet) -> String {
    let campagne = o.trimestre().libelle_long();
    match objet {
        Objet::Dispositif => format!("Compléter le dispositif, {campagne}"),
        Objet::Personne { .. } => format!("Ajouter un évènement, {campagne}"),
        Objet::Nouvelle(_) => format!("Ajouter une personne, {campagne}"),
    }
}

fn bouton(o: &CampagneOuverte, objet: &Objet) -> &'static str {
    match objet {
        Objet::Dispositif => "Garder les chiffres du dispositif",
        Objet::Nouvelle(_) if objet.saisi(o) => "Corriger la personne",
        _ if objet.saisi(o) => "Corriger l’évènement",
        Objet::Personne { .. } => "Ajouter l’évènement",
        Objet::Nouvelle(_) => "Ajouter la personne",
    }
}

fn titre_du_groupe(fiche: Fiche) -> &'static str {
    match fiche {
        Fiche::Dispositif => "Fiche dispositif",
        Fiche::Personne => "Fiche personne",
        Fiche::Evenement => "Évènement",
    }
}

/// What helps to type: the definition of annexe 2, what was said of the person a quarter before, the structures there are.
fn precise(saisi: &mut ChampSaisi, o: &CampagneOuverte, objet: &Objet, (fiche, champ): (Fiche, &Champ)) {
    let mut aides = Vec::new();
    if fiche != Fiche::Dispositif && !champ.aide.is_empty() {
        aides.push(champ.aide.clone());
    }
    aides.extend(saisi.aide.take());
    if let (Objet::Personne { rang, .. }, Fiche::Evenement, Some(avant)) = (objet, fiche, &o.precedente)
        && let Some(personne) = o.preparation.depart.personnes.get(*rang)
        && let Some(dit) = dit_avant(o, avant, personne.reference.as_str(), champ)
    {
        aides.push(format!("Au {} : {dit}", avant.trimestre.libelle_long()));
    }
    saisi.aide = Some(aides.join(". ").replace(".. ", ". ")).filter(|aide| !aide.is_empty());
    if champ.identifiant == "structure_accompagnante" && matches!(champ.genre, Genre::Texte) {
        let structures = o.preparation.depart.dispositifs.iter().flat_map(|d| &d.structures);
        let vide = Modalite::nouvelle("", "Non renseigné", saisi.valeur.is_empty());
        let autres = structures.map(|s| Modalite::nouvelle(s, s, *s == saisi.valeur));
        saisi.choix = Some(std::iter::once(vide).chain(autres).collect());
    }
}

fn dit_avant(o: &CampagneOuverte, avant: &Remontee, personne: &str, champ: &Champ) -> Option<String> {
    let rang = avant.evenements.iter().position(|e| e.personne.as_str() == personne)?;
    let Tranche([_, _, evenements]) = Tranche::de(&o.modele, avant);
    let feuille = o.modele.feuille(Fiche::Evenement);
    let dit = texte(champ, &evenements.get(rang)?.valeur(feuille, &champ.identifiant));
    Some(dit).filter(|d| !d.is_empty())
}

fn valeur(
    Tranche([dispositifs, personnes, evenements]): &Tranche,
    f: &Feuille,
    rang: usize,
    c: &Champ,
) -> Option<String> {
    let lignes = match f.fiche {
        Fiche::Dispositif => dispositifs,
        Fiche::Personne => personnes,
        Fiche::Evenement => evenements,
    };
    lignes.get(rang).map(|l| texte(c, &l.valeur(f, &c.identifiant)))
}

/// Rank from 0 of the row of a cell, below the headers.
pub fn rang_de(cellule: &str) -> Option<usize> {
    usize::try_from(case(cellule)?.0).ok()?.checked_sub(1)
}
