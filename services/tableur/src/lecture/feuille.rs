//! One sheet: finds its header row, then hands its rows over, and notices what a sheet should not hold (C-CL-07).

use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use referentiel::format;

use super::anomalie::{self, extrait};
use super::brut::{Brut, CELLULES, COLONNES, Cellule, LIGNES, Source};
use super::entete::{self, Entetes, Role};
use super::interpretation::{Colonne, interprete};
use super::{Onglet, RapportLecture, Recepteur};
use crate::conteneur::Partie;
use crate::illisible::Illisible;
use crate::modele::{Feuille, Modele};
use crate::position::{Positions, case};
use crate::valeur::{LigneLue, Valeur};

/// A reading in progress: what has been found so far, and who receives the rows.
pub(super) struct Lecture<'l> {
    pub modele: &'l Modele,
    recepteur: &'l mut dyn Recepteur,
    rapport: RapportLecture,
}

impl<'l> Lecture<'l> {
    pub fn nouvelle(modele: &'l Modele, format: crate::conteneur::Format, recepteur: &'l mut dyn Recepteur) -> Self {
        let positions = Positions::inconnues(modele);
        Self { modele, recepteur, rapport: RapportLecture { anomalies: Vec::new(), lignes: [0; 3], positions, format } }
    }

    pub fn termine(self) -> RapportLecture {
        self.rapport
    }

    /// Chooses the tab of each fiche; says which are missing, doubled, hidden or left aside.
    pub fn attribue<'o>(&mut self, onglets: &'o [Onglet]) -> Vec<(&'l Feuille, &'o Onglet)> {
        let modele = self.modele;
        let mut choisis = Vec::new();
        for feuille in modele.feuilles() {
            let mut candidats =
                onglets.iter().filter(|o| modele.reconnait(&o.nom).is_some_and(|f| f.fiche == feuille.fiche));
            match candidats.next() {
                None => self.signale_feuille("C-CL-01", feuille, format!("Il manque la feuille « {} ».", feuille.nom)),
                Some(onglet) => {
                    self.rapport.positions.note_feuille(feuille.fiche, &onglet.nom);
                    choisis.push((feuille, onglet));
                }
            }
            if let Some(double) = candidats.next() {
                let message = format!(
                    "Deux feuilles correspondent à « {} », dont « {} » : gardez celle qui est juste.",
                    feuille.nom,
                    extrait(&double.nom)
                );
                self.signale_feuille("C-CL-01", feuille, message);
            }
        }
        for (feuille, _) in choisis.iter().filter(|(_, onglet)| !onglet.visible) {
            self.informe(feuille.fiche, 1, format!("La feuille « {} » est masquée : elle a été lue.", feuille.nom));
        }
        self.signale_ecartes(onglets);
        choisis
    }

    fn signale_ecartes(&mut self, onglets: &[Onglet]) {
        let ecartes: Vec<String> = onglets
            .iter()
            .filter(|o| self.modele.reconnait(&o.nom).is_none() && !self.modele.ignore(&o.nom))
            .map(|o| format!("« {} »{}", extrait(&o.nom), if o.visible { "" } else { " (masquée)" }))
            .collect();
        if !ecartes.is_empty() {
            let message = format!("Feuilles étrangères à la remontée, non lues : {}.", ecartes.join(", "));
            let anomalie = Anomalie::nouvelle("C-CL-07", Place::fichier(), message).severite(Severite::Information);
            self.rapport.anomalies.push(anomalie.nombre(ecartes.len() as u32));
        }
    }

    fn signale_feuille(&mut self, controle: &str, feuille: &Feuille, message: String) {
        let place = Place::feuille(feuille.fiche);
        self.rapport.anomalies.push(Anomalie::nouvelle(controle, place, message).attendu(&feuille.nom));
    }

    fn informe(&mut self, fiche: Fiche, nombre: u32, message: String) {
        let anomalie = Anomalie::nouvelle("C-CL-07", Place::feuille(fiche), message).severite(Severite::Information);
        self.rapport.anomalies.push(anomalie.nombre(nombre));
    }

    /// Reads one sheet to its end.
    pub fn lit<'a>(
        &mut self,
        feuille: &Feuille,
        source: &mut impl Source<'a>,
        epoque_1904: bool,
    ) -> Result<Suivi, Illisible> {
        let mut lignes =
            Lignes { source, attente: None, finie: false, cellules: 0, formules: 0, feuille: &feuille.nom };
        let mut suivi = Suivi::default();
        if let Some(entetes) = self.cherche_entetes(feuille, &mut lignes)? {
            suivi.entete = entetes.ligne;
            self.lit_lignes(feuille, entetes, &mut lignes, epoque_1904, &mut suivi)?;
        }
        suivi.formules = lignes.formules;
        Ok(suivi)
    }

    fn cherche_entetes<'a, S: Source<'a>>(
        &mut self,
        feuille: &Feuille,
        lignes: &mut Lignes<'_, 'a, S>,
    ) -> Result<Option<Entetes>, Illisible> {
        let mut lues = 0;
        while lues < entete::LIGNES {
            let mut cellules: Vec<(u32, String)> = Vec::new();
            let ligne = lignes.suivante(|colonne, brut| {
                if !brut.vide() && cellules.len() < COLONNES as usize {
                    cellules.push((colonne, brut.affiche().into_owned()));
                }
            })?;
            let Some(numero) = ligne else { break };
            lues += usize::from(!cellules.is_empty());
            if let Some(entetes) = Entetes::reconnait(feuille, numero, &cellules, &mut self.rapport.anomalies) {
                let colonnes = entetes.colonnes.iter().copied();
                self.rapport.positions.note_entetes(feuille.fiche, numero + 1, colonnes);
                return Ok(Some(entetes));
            }
        }
        let defaut = if lues == 0 { "est vide" } else { "n’a pas la ligne d’en-têtes attendue" };
        let message = format!("La feuille « {} » {defaut} : reprenez celle du modèle de la campagne.", feuille.nom);
        self.signale_feuille("C-CL-01", feuille, message);
        Ok(None)
    }

    fn lit_lignes<'a, S: Source<'a>>(
        &mut self,
        feuille: &Feuille,
        mut entetes: Entetes,
        lignes: &mut Lignes<'_, 'a, S>,
        epoque_1904: bool,
        suivi: &mut Suivi,
    ) -> Result<(), Illisible> {
        let champs = feuille.champs();
        let mut colonnes: Vec<Colonne> = champs.iter().map(|_| Colonne::default()).collect();
        let mut cases = vec![Brut::Vide; champs.len()];
        let mut precedente = entetes.ligne;
        loop {
            let mut pleine = false;
            cases.fill(Brut::Vide);
            let ligne = lignes.suivante(|colonne, brut| match entetes.role(colonne) {
                Role::Champ(rang) => {
                    pleine |= !brut.vide();
                    if let Some(case) = cases.get_mut(rang) {
                        *case = brut;
                    }
                }
                Role::SansEntete if !brut.vide() => {
                    entetes.refuse(feuille, colonne, &mut self.rapport.anomalies);
                }
                Role::SansEntete | Role::Refusee => {}
            })?;
            let Some(ligne) = ligne else { break };
            if !pleine {
                continue;
            }
            suivi.note_vides(precedente, ligne);
            precedente = ligne;
            self.remet(feuille, &entetes, ligne + 1, &cases, &mut colonnes, epoque_1904);
        }
        self.resume(feuille, &colonnes);
        Ok(())
    }

    /// Types the cells of a row and hands it over.
    fn remet(
        &mut self,
        feuille: &Feuille,
        entetes: &Entetes,
        numero: u32,
        cases: &[Brut<'_>],
        colonnes: &mut [Colonne],
        epoque_1904: bool,
    ) {
        let anomalies = &mut self.rapport.anomalies;
        let champs = feuille.champs().iter().zip(&entetes.colonnes).zip(cases.iter().zip(colonnes));
        let valeurs: Vec<Valeur<'_>> = champs
            .map(|((champ, place), (brut, colonne))| {
                if place.is_none() {
                    return Valeur::Absente;
                }
                interprete(champ, colonne, brut, epoque_1904).unwrap_or_else(|faute| {
                    let anomalie = faute.en(feuille.fiche, numero, champ);
                    colonne.fautes += 1;
                    if colonne.fautes <= anomalie::PAR_COLONNE {
                        anomalies.push(anomalie);
                    } else {
                        colonne.derniere = Some((anomalie.controle, anomalie.severite));
                    }
                    Valeur::Fautive
                })
            })
            .collect();
        self.recepteur.ligne(feuille.fiche, &LigneLue { numero, valeurs: &valeurs });
        if let Some(compte) = self.rapport.lignes.get_mut(feuille.fiche as usize) {
            *compte += 1;
        }
    }

    fn resume(&mut self, feuille: &Feuille, colonnes: &[Colonne]) {
        for (champ, colonne) in feuille.champs().iter().zip(colonnes) {
            if let Some((controle, severite)) = &colonne.derniere {
                let nombre = colonne.fautes - anomalie::PAR_COLONNE;
                let anomalie = anomalie::reste(feuille.fiche, champ, controle, nombre, *severite);
                self.rapport.anomalies.push(anomalie);
            }
        }
    }

    /// Says what the sheet holds beside its values: blank rows, merged cells, formulas, hidden rows and columns.
    pub fn signale_forme(&mut self, feuille: &Feuille, suivi: &Suivi, partie: &Partie) {
        let fiche = feuille.fiche;
        if let Some(premiere) = suivi.premiere_vide {
            let vides = format::compte(u64::from(suivi.vides), "ligne vide intercalée", "lignes vides intercalées");
            let message = format!("{vides}, à partir de la ligne {premiere} : supprimez-les.");
            let place = Place { ligne: Some(premiere), ..Place::feuille(fiche) };
            self.rapport.anomalies.push(Anomalie::nouvelle("C-CL-07", place, message).nombre(suivi.vides));
        }
        let fusions: Vec<_> = partie.fusions.iter().filter_map(|f| Some((f, coin(f)?))).collect();
        let mut dans_les_donnees = fusions.iter().filter(|(_, (ligne, _))| *ligne > suivi.entete);
        if let Some((plage, (ligne, colonne))) = dans_les_donnees.next() {
            let nombre = 1 + dans_les_donnees.count() as u32;
            let message = format!(
                "{} dans les données, à partir de {plage} : défusionnez-les et répétez la valeur sur chaque ligne.",
                format::compte(u64::from(nombre), "plage de cellules fusionnées", "plages de cellules fusionnées")
            );
            let place = Place { ligne: Some(*ligne + 1), colonne: Some(*colonne), ..Place::feuille(fiche) };
            self.rapport.anomalies.push(Anomalie::nouvelle("C-CL-07", place, message).lu(*plage).nombre(nombre));
        }
        let dits = [
            (
                suivi.formules,
                "cellule contient une formule : sa dernière valeur enregistrée a été lue",
                "cellules contiennent une formule : leur dernière valeur enregistrée a été lue",
            ),
            (
                partie.lignes_masquees,
                "ligne masquée a été lue comme les autres",
                "lignes masquées ont été lues comme les autres",
            ),
            (
                partie.colonnes_masquees,
                "colonne masquée a été lue comme les autres",
                "colonnes masquées ont été lues comme les autres",
            ),
        ];
        for (nombre, singulier, pluriel) in dits.into_iter().filter(|(nombre, ..)| *nombre > 0) {
            self.informe(fiche, nombre, format!("{}.", format::compte(u64::from(nombre), singulier, pluriel)));
        }
    }
}

/// What was noticed while the rows went by.
#[derive(Debug, Default)]
pub(super) struct Suivi {
    entete: u32,
    vides: u32,
    premiere_vide: Option<u32>,
    formules: u32,
}

impl Suivi {
    fn note_vides(&mut self, precedente: u32, ligne: u32) {
        let vides = ligne.saturating_sub(precedente).saturating_sub(1);
        if vides > 0 {
            self.vides += vides;
            self.premiere_vide.get_or_insert(precedente + 2);
        }
    }
}

/// First cell of a range such as `B4:C7`, but with the row of the last one, from 0.
fn coin(plage: &str) -> Option<(u32, u32)> {
    let (debut, fin) = plage.split_once(':').unwrap_or((plage, plage));
    let ((premiere, colonne), (derniere, _)) = (case(debut)?, case(fin)?);
    Some((premiere.max(derniere), colonne))
}

/// The cells of a source, row by row.
struct Lignes<'s, 'a, S> {
    source: &'s mut S,
    attente: Option<Cellule<'a>>,
    /// A source is not asked again once it has ended.
    finie: bool,
    cellules: u64,
    formules: u32,
    feuille: &'s str,
}

impl<'a, S: Source<'a>> Lignes<'_, 'a, S> {
    /// Hands over the cells of the next row and gives its number from 0; `None` at the end.
    fn suivante(&mut self, mut depose: impl FnMut(u32, Brut<'a>)) -> Result<Option<u32>, Illisible> {
        let Some(premiere) = self.attente.take().map_or_else(|| self.tire(), |c| Ok(Some(c)))? else { return Ok(None) };
        let ligne = premiere.ligne;
        depose(premiere.colonne, premiere.brut);
        while let Some(cellule) = self.tire()? {
            if cellule.ligne != ligne {
                self.attente = Some(cellule);
                break;
            }
            depose(cellule.colonne, cellule.brut);
        }
        Ok(Some(ligne))
    }

    fn tire(&mut self) -> Result<Option<Cellule<'a>>, Illisible> {
        if self.finie {
            return Ok(None);
        }
        let Some(cellule) = self.source.suivante()? else {
            self.finie = true;
            return Ok(None);
        };
        self.cellules += 1;
        // A formula without a usable result has an anomaly of its own.
        let lisible = !matches!(cellule.brut, Brut::SansResultat | Brut::Erreur(_));
        self.formules += u32::from(cellule.formule && lisible);
        let trop = |quoi, limite| Illisible::TropDeCellules { feuille: self.feuille.to_owned(), quoi, limite };
        match &cellule {
            _ if self.cellules > CELLULES => Err(trop("cellules", CELLULES)),
            c if c.ligne >= LIGNES => Err(trop("lignes", u64::from(LIGNES))),
            c if c.colonne >= COLONNES => Err(trop("colonnes", u64::from(COLONNES))),
            _ => Ok(Some(cellule)),
        }
    }
}
