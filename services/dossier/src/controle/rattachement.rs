//! Which fiche dispositif a text means, be it a reference or a name. Each distinct text is looked up once.

use std::collections::HashMap;

use referentiel::controle::Fiche;
use referentiel::identifiant::ReferenceDispositif;
use referentiel::texte::plie;

use crate::lecture::{Champ, ClasseurLu, Symbole, cle_reference};

/// The fiches dispositif of a workbook, found by reference or by name.
pub(super) struct Rattachement {
    /// Fiche of each distinct text taken as a reference.
    par_reference: Vec<Option<usize>>,
    /// Fiches of each distinct text, taken as a reference, else as a name: two dispositifs may share one.
    designees: Vec<Vec<usize>>,
    /// First fiche with the same reference, for a fiche that repeats one.
    pub doublon_de: Vec<Option<usize>>,
    /// Fiches whose own reference is wrong: what refers to them is not to blame.
    pub douteuse: Vec<bool>,
    /// The one well-formed reference that persons and events carry, when they all carry the same.
    pub reference_portee: Option<ReferenceDispositif>,
    /// Fiches that some person designates by name.
    pub nom_porte: Vec<bool>,
    /// The only fiche whose reference is wrong: what refers to no other means this one.
    seule_douteuse: Option<usize>,
    lisible: bool,
}

impl Rattachement {
    pub(super) fn du_classeur(classeur: &ClasseurLu) -> Self {
        let fiches = &classeur.dispositifs;
        let mut premiere: HashMap<String, usize> = HashMap::new();
        let mut noms: HashMap<String, Vec<usize>> = HashMap::new();
        let mut doublon_de = vec![None; fiches.len()];
        for (rang, fiche) in fiches.iter().enumerate() {
            if let Some(reference) = fiche.reference.valeur() {
                let premier = *premiere.entry(cle_reference(reference).into_owned()).or_insert(rang);
                doublon_de[rang] = (premier != rang).then_some(premier);
            }
            if let Some(nom) = fiche.nom.valeur() {
                noms.entry(plie(nom)).or_default().push(rang);
            }
        }
        let par_reference: Vec<_> =
            classeur.textes.tous().map(|t| premiere.get(cle_reference(t).as_ref()).copied()).collect();
        let designees = classeur.textes.tous().zip(&par_reference).map(|(texte, fiche)| match fiche {
            Some(rang) => vec![*rang],
            None => noms.get(&plie(texte)).cloned().unwrap_or_default(),
        });
        let mut rattachement = Self {
            designees: designees.collect(),
            par_reference,
            doublon_de,
            douteuse: fiches.iter().map(|f| f.reference.valeur().is_none_or(|r| malformee(r))).collect(),
            reference_portee: reference_portee(classeur),
            nom_porte: vec![false; fiches.len()],
            seule_douteuse: None,
            lisible: classeur.a_la_feuille(Fiche::Dispositif) && !fiches.is_empty(),
        };
        for symbole in classeur.personnes.iter().filter_map(|p| p.dispositif.copie()) {
            for rang in rattachement.designees.get(symbole.rang()).into_iter().flatten() {
                rattachement.nom_porte[*rang] = true;
            }
        }
        if rattachement.reference_que_personne_ne_porte(classeur).is_some() {
            rattachement.douteuse[0] = true;
        }
        let mut douteuses = (0..fiches.len()).filter(|rang| rattachement.douteuse[*rang]);
        rattachement.seule_douteuse = douteuses.next().filter(|_| douteuses.next().is_none());
        rattachement
    }

    /// False when there is no fiche dispositif to compare with.
    pub(super) fn lisible(&self) -> bool {
        self.lisible
    }

    /// The reference carried by all persons and events, when the only fiche has another one.
    pub(super) fn reference_que_personne_ne_porte(&self, classeur: &ClasseurLu) -> Option<&ReferenceDispositif> {
        let [fiche] = classeur.dispositifs.as_slice() else { return None };
        let portee = self.reference_portee.as_ref()?;
        let lue: ReferenceDispositif = fiche.reference.valeur()?.parse().ok()?;
        (lue != *portee).then_some(portee)
    }

    /// The fiche a reference means.
    pub(super) fn par_reference(&self, symbole: Symbole) -> Option<usize> {
        self.par_reference.get(symbole.rang()).copied().flatten()
    }

    /// The fiches a text designates, by reference or by name.
    pub(super) fn designees(&self, symbole: Symbole) -> &[usize] {
        self.designees.get(symbole.rang()).map_or(&[], Vec::as_slice)
    }

    /// True when a reference that matches no fiche may be the right one of a fiche whose own is wrong.
    pub(super) fn peut_viser_une_fiche_douteuse(&self) -> bool {
        self.douteuse.contains(&true)
    }

    /// The fiche of a row that gives a reference and perhaps a name.
    pub(super) fn fiche(&self, reference: Champ<Symbole>, nom: Champ<Symbole>) -> Option<usize> {
        let seule = |rangs: &[usize]| if let [rang] = rangs { Some(*rang) } else { None };
        let par_reference = reference.copie().and_then(|s| self.par_reference(s));
        let par_nom = || nom.copie().and_then(|s| seule(self.designees(s)));
        par_reference.or_else(par_nom).or(self.seule_douteuse)
    }
}

fn malformee(reference: &str) -> bool {
    reference.parse::<ReferenceDispositif>().is_err()
}

fn reference_portee(classeur: &ClasseurLu) -> Option<ReferenceDispositif> {
    let personnes = classeur.personnes.iter().filter_map(|p| p.reference_dispositif.copie());
    let evenements = classeur.evenements.iter().filter_map(|e| e.dispositif.copie());
    let mut citees = personnes.chain(evenements);
    let premiere = citees.next()?;
    let mut plusieurs = false;
    for autre in citees {
        plusieurs = true;
        let (a, b) = (classeur.textes.texte(premiere), classeur.textes.texte(autre));
        if autre != premiere && cle_reference(a) != cle_reference(b) {
            return None;
        }
    }
    if plusieurs { classeur.textes.texte(premiere).parse().ok() } else { None }
}
