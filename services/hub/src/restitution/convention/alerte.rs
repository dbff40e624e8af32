//! What is to be looked at in a convention: a ceiling that is reached, a pace that falls behind, documents that are
//! missing. Each is a sentence with its figures, never a colour; a masked figure raises none.

use referentiel::Decimal;
use referentiel::cellule::Statut;
use referentiel::format;

use super::{Etat, Lu, modele, part, rythme};

/// Under this pace, a centre is told to fall behind: three quarters of what the time elapsed would give.
pub const SEUIL_RYTHME: Decimal = Decimal::from_parts(75, 0, 0, false, 2);
/// From this share of an axis on, its ceiling is told to be near.
pub const SEUIL_PLAFOND: Decimal = Decimal::from_parts(90, 0, 0, false, 2);

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sujet {
    /// A ceiling is passed.
    Plafond,
    /// A ceiling is near.
    PlafondProche,
    /// The pace falls behind.
    Rythme,
    /// Documents are missing.
    Pieces,
    /// Nothing was received.
    Transmission,
}

impl Sujet {
    /// Words of the list and of the tables.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Plafond => "Plafond atteint",
            Self::PlafondProche => "Plafond proche",
            Self::Rythme => "En dessous du rythme",
            Self::Pieces => "Pièces manquantes",
            Self::Transmission => "Non transmis",
        }
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerte {
    /// About what.
    pub sujet: Sujet,
    /// Sentence.
    pub texte: String,
}

/// The alerts of a centre, the gravest first.
pub fn alertes(etat: &Etat) -> Vec<Alerte> {
    let mut alertes = Vec::new();
    if etat.complet {
        alertes.extend(modele().axes.iter().flat_map(|axe| plafonds(etat, axe)));
        alertes.extend(retard(etat));
        alertes.extend(pieces(etat));
        alertes.extend(transmission(etat));
    }
    alertes.sort_by_key(|a| a.sujet as u8);
    alertes
}

fn alerte(sujet: Sujet, texte: String) -> Alerte {
    Alerte { sujet, texte }
}

/// « Les montants sollicités pour un axe ne sont pas fongibles » (R-FONG): what passes an axis is not paid; and an
/// axis may not be asked more than its share of the whole (R-CAP1, R-CAP3, R-CAP5).
fn plafonds(etat: &Etat, axe: &super::Axe) -> Vec<Alerte> {
    let (demande, valorise) = (etat.de_l_axe("FP_DEMANDE", axe.numero), etat.de_l_axe("FP_VALORISE", axe.numero));
    let montants = |reste: &str| match (valorise, demande) {
        (Ok(v), Ok(d)) => {
            format!("Axe {} : {} valorisés pour {} demandés{reste}", axe.numero, format::euros(v), format::euros(d))
        }
        _ => String::new(),
    };
    let consomme = match part(valorise, demande) {
        Ok(p) if p > Decimal::ONE => Some(alerte(
            Sujet::Plafond,
            montants(" ; ce qui dépasse n’est pas payé et ne se reporte pas sur un autre axe."),
        )),
        Ok(p) if p >= SEUIL_PLAFOND => {
            Some(alerte(Sujet::PlafondProche, montants(&format!(", soit {}.", format::pourcentage(p)))))
        }
        _ => None,
    };
    let du_plan = match (part(demande, etat.lit("FP_DEMANDE", None)), axe.plafond_part) {
        (Ok(p), Some(plafond)) if p > plafond => {
            let (p, plafond) = (format::pourcentage(p), format::pourcentage(plafond));
            let texte = format!("Axe {} : {p} du montant demandé, pour un plafond de {plafond}.", axe.numero);
            Some(alerte(Sujet::Plafond, texte))
        }
        _ => None,
    };
    consomme.into_iter().chain(du_plan).collect()
}

fn retard(etat: &Etat) -> Option<Alerte> {
    let (faite, temps) = (etat.part_valorisee(), etat.temps());
    match (rythme(faite, temps), faite, temps) {
        (Ok(r), Ok(faite), Ok(temps)) if r < SEUIL_RYTHME => Some(alerte(
            Sujet::Rythme,
            format!(
                "{} du montant demandé est valorisé, pour {} du temps de la convention.",
                format::pourcentage(faite),
                format::pourcentage(temps)
            ),
        )),
        _ => None,
    }
}

/// « À chaque bilan : saisie, BCR ou SIRET de l’employeur, service fait certifié » (R-PIECES).
fn pieces(etat: &Etat) -> Option<Alerte> {
    let nombre: Lu = etat.lit("FP_PIECES", None);
    let nombre = nombre.ok().and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0)?;
    let situations = format::compte(nombre, "situation n’est pas valorisée", "situations ne sont pas valorisées");
    Some(alerte(Sujet::Pieces, format!("{situations} faute de pièce (saisine, SIRET, service fait).")))
}

fn transmission(etat: &Etat) -> Option<Alerte> {
    let texte = match (etat.a_un_plan(), etat.a_un_avancement()) {
        (true, true) => return None,
        (false, true) => "Le plan d’actions n’est pas reçu.",
        (true, false) => "L’avancement de cette période n’est pas reçu.",
        (false, false) => "Ni le plan d’actions ni l’avancement ne sont reçus.",
    };
    Some(alerte(Sujet::Transmission, texte.to_owned()))
}

/// The subjects of the alerts in a few words, for a cell.
pub fn resume(alertes: &[Alerte]) -> String {
    let mut sujets: Vec<&str> = alertes.iter().map(|a| a.sujet.libelle()).collect();
    sujets.dedup();
    if sujets.is_empty() { "aucune".to_owned() } else { sujets.join(", ") }
}

/// What a pace means, in words.
pub fn mot_du_rythme(rythme: Lu) -> Result<&'static str, Statut> {
    rythme.map(|r| match r {
        r if r < SEUIL_RYTHME => "en dessous du rythme",
        r if r < Decimal::ONE => "proche du rythme",
        _ => "au rythme",
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::essai;
    use super::*;

    fn sujets(cellules: &[(&str, &str, Option<i64>)]) -> Vec<Sujet> {
        alertes(&essai(cellules)).iter().map(|a| a.sujet).collect()
    }

    #[test]
    fn a_ceiling_is_told_when_it_is_passed_or_near_and_never_from_a_masked_figure() {
        let base = |valorise: Option<i64>| {
            vec![
                ("FP_DEMANDE", "", Some(10_000)),
                ("FP_DEMANDE", "2.1", Some(2_000)),
                ("FP_VALORISE", "2.1", valorise),
                ("FP_VALORISE", "", Some(9_000)),
                ("FP_TEMPS", "", Some(50)),
            ]
        };
        assert_eq!(sujets(&base(Some(2_100))), [Sujet::Plafond]);
        assert_eq!(sujets(&base(Some(1_900))), [Sujet::PlafondProche]);
        assert_eq!(sujets(&base(Some(1_000))), []);
        assert_eq!(sujets(&base(None)), []);
    }

    #[test]
    fn the_share_of_an_axis_the_pace_and_the_documents_are_looked_at() {
        let lues = alertes(&essai(&[
            ("FP_DEMANDE", "", Some(10_000)),
            ("FP_DEMANDE", "1.1", Some(1_500)),
            ("FP_VALORISE", "", Some(1_000)),
            ("FP_TEMPS", "", Some(25)),
            ("FP_PIECES", "", Some(1)),
        ]));
        assert_eq!(lues.iter().map(|a| a.sujet).collect::<Vec<_>>(), [Sujet::Plafond, Sujet::Rythme, Sujet::Pieces]);
        assert!(lues[0].texte.contains("15,0\u{a0}%") && lues[0].texte.contains("10,0\u{a0}%"), "{}", lues[0].texte);
        assert!(lues[2].texte.starts_with("1\u{a0}situation n’est pas"), "{}", lues[2].texte);
        assert_eq!(resume(&lues), "Plafond atteint, En dessous du rythme, Pièces manquantes");
        assert_eq!(sujets(&[]), [Sujet::Transmission]);
    }
}
