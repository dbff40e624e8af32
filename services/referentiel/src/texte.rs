//! Comparison of labels typed by people: case, accents, double spaces and curly quotes do not count.

/// Folds a label for comparison: lower case, no accent, apostrophes and dashes unified, one space
/// between words, none around.
///
/// ```
/// use referentiel::texte::plie;
/// assert_eq!(plie("  Côte-d’Or "), plie("COTE–D'OR"));
/// assert_eq!(plie("Nombre de\u{a0} personnes"), "nombre de personnes");
/// ```
pub fn plie(texte: &str) -> String {
    // Almost every cell of a real workbook is plain ASCII with single spaces: no table look-up then.
    let mut plie = String::with_capacity(texte.len());
    let mut espace_en_attente = false;
    for c in texte.chars() {
        if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}') {
            espace_en_attente = !plie.is_empty();
            continue;
        }
        if espace_en_attente {
            plie.push(' ');
            espace_en_attente = false;
        }
        match c {
            '’' | '‘' | 'ʼ' | '´' | '`' => plie.push('\''),
            '–' | '—' | '‑' | '‒' | '−' => plie.push('-'),
            c if c.is_ascii() => plie.push(c.to_ascii_lowercase()),
            c => match deunicode::deunicode_char(c) {
                Some(ascii) => plie.extend(ascii.chars().map(|c| c.to_ascii_lowercase())),
                None => plie.push(c),
            },
        }
    }
    plie
}

/// True when two labels are the same once folded by [`plie`].
pub fn meme_libelle(a: &str, b: &str) -> bool {
    a == b || plie(a) == plie(b)
}

/// Removes every space (ordinary, non-breaking, thin) from a code or a number typed with separators.
pub fn sans_espaces(texte: &str) -> String {
    texte.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect()
}

/// Why a TOML text is not read, with its line and column, in French. The crate speaks English.
pub fn refus_toml(e: &toml::de::Error) -> String {
    let place = e.to_string().lines().next().unwrap_or_default().to_owned();
    let place = place.replace("TOML parse error at line", "ligne").replace("column", "colonne");
    format!("{place} : {}", explique_toml(e.message()))
}

/// The sentence alone, without its place.
pub fn explique_toml(message: &str) -> String {
    let cle = |reste: &str| reste.split('`').next().unwrap_or_default().to_owned();
    let possibles = |reste: &str| {
        let attendues = reste.split_once("expected").map(|(_, r)| r.trim()).unwrap_or_default();
        attendues.trim_start_matches("one of ").replace('`', "").replace(" or ", ", ")
    };
    if let Some(reste) = message.strip_prefix("unknown field `") {
        return format!("la clé « {} » est inconnue (clés possibles : {}).", cle(reste), possibles(reste));
    }
    if let Some(reste) = message.strip_prefix("missing field `") {
        return format!("la clé « {} » manque.", cle(reste));
    }
    if let Some(reste) = message.strip_prefix("unknown variant `") {
        return format!("« {} » n’est pas une valeur connue (valeurs possibles : {}).", cle(reste), possibles(reste));
    }
    if let Some(reste) = message.strip_prefix("invalid type: ") {
        let lu = reste.split(", expected").next().unwrap_or_default();
        return format!("la valeur lue ({lu}) n’est pas du type attendu.");
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_spaces_and_quotes_do_not_count() {
        assert_eq!(plie("Évènements"), "evenements");
        assert!(meme_libelle("PMSMP OU ÉQUIVALENT  ", "PMSMP ou équivalent"));
        assert!(meme_libelle("Suivi – de 2 à 8h/mois", "suivi - de 2 a 8h/mois"));
        assert!(!meme_libelle("CDI intérimaire", "CDI"));
        assert_eq!(sans_espaces("110\u{202f}020 013\u{a0}00097"), "11002001300097");
    }
}
