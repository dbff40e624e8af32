//! The words for a cell without a value. Never a colour, never a blank: « secret », « non transmis »,
//! « sans objet », « non significatif », always with the same sentence beside them.

use referentiel::cellule::Statut;

/// The word shown in a table instead of a value; `None` when the cell shows one.
pub fn mot(statut: Statut) -> Option<&'static str> {
    Some(match statut {
        Statut::Secret => "secret",
        Statut::NonTransmis => "non transmis",
        Statut::SansObjet => "sans objet",
        Statut::NonSignificatif => "non significatif",
        Statut::Publie | Statut::Provisoire | Statut::Revise | Statut::Arrondi => return None,
    })
}

/// The mark beside a value that may still change; `None` for a plain one.
pub fn marque(statut: Statut) -> Option<&'static str> {
    match statut {
        Statut::Provisoire => Some("provisoire"),
        Statut::Revise => Some("révisé"),
        Statut::Arrondi => Some("arrondi"),
        _ => None,
    }
}

/// The legend under every table, in the order of the table's words.
pub const LEGENDE: &[(&str, &str)] = &[
    ("secret", "masqué par le secret statistique, pour protéger les personnes"),
    ("entre 12 et 16", "total encadré : une de ses parts est masquée, et ce que son centre montre la borne"),
    ("≈ 25", "effectif arrondi à un multiple de 5 voisin, pour protéger les personnes"),
    ("au moins 12", "total dont rien de ce qui est montré ne borne la partie masquée"),
    ("non transmis", "attendu, pas encore reçu"),
    ("sans objet", "ne peut pas exister ici"),
    ("non significatif", "effectif trop faible pour calculer un taux"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_a_value_or_a_word_and_each_word_is_explained() {
        let tous =
            ["publie", "secret", "non_transmis", "sans_objet", "non_significatif", "provisoire", "revise", "arrondi"];
        for statut in tous.map(|code| Statut::depuis_code(code).unwrap()) {
            assert_eq!(mot(statut).is_none(), statut.montre_valeur());
            if let Some(mot) = mot(statut) {
                assert!(LEGENDE.iter().any(|(terme, _)| *terme == mot), "{mot}");
            }
        }
    }
}
