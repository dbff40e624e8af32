//! The spaces of French, put once over everything a page says: narrow and unbreakable before `; ! ?`, unbreakable before
//! `:` and inside « ». Templates and sentences are written with plain spaces, and no line of a page begins with a colon.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, doc_text, element, end_tag, rewrite_str};

const FINE: char = '\u{202f}';
const INSECABLE: char = '\u{a0}';

/// What keeps its spaces: identifiers, addresses, bytes, and what somebody is typing.
const TEL_QUEL: &str = "code, kbd, pre, samp, script, style, textarea";
/// What is read aloud without being seen.
const DITS: [&str; 4] = ["alt", "aria-label", "placeholder", "title"];

/// A sentence with the spaces of French. None is added where there was none: `2026-T1:v2` stays as it is.
pub fn typo(texte: &str) -> String {
    let est_espace = |c: &char| matches!(*c, ' ' | FINE | INSECABLE);
    let mut sorti = String::with_capacity(texte.len());
    let mut lettres = texte.chars().peekable();
    while let Some(lettre) = lettres.next() {
        sorti.push(match lettres.peek() {
            Some(';' | '!' | '?') if est_espace(&lettre) => FINE,
            Some(':' | '»') if est_espace(&lettre) => INSECABLE,
            _ => lettre,
        });
        if lettre == '«' && lettres.next_if(est_espace).is_some() {
            sorti.push(INSECABLE);
        }
    }
    sorti
}

/// A page with the spaces of French in its texts and in the attributes that are read aloud.
///
/// # Errors
///
/// When the page is no HTML that can be walked through.
pub fn compose(html: &str) -> anyhow::Result<String> {
    let tel_quel = Rc::new(Cell::new(0_usize));
    let morceaux = RefCell::new(String::new());
    let garde = element!(TEL_QUEL, |e| {
        tel_quel.set(tel_quel.get() + 1);
        let fini = Rc::clone(&tel_quel);
        e.on_end_tag(end_tag!(move |_| {
            fini.set(fini.get().saturating_sub(1));
            Ok(())
        }))
    });
    let dit = element!("[alt], [aria-label], [placeholder], [title]", |e| {
        for nom in DITS {
            if let Some(valeur) = e.get_attribute(nom) {
                e.set_attribute(nom, &typo(&valeur))?;
            }
        }
        Ok(())
    });
    // A text may come in several pieces: it is put together before its spaces are looked at.
    let texte = doc_text!(|morceau| {
        if tel_quel.get() == 0 {
            morceaux.borrow_mut().push_str(morceau.as_str());
            if morceau.last_in_text_node() {
                morceau.replace(&typo(&morceaux.take()), ContentType::Html);
            } else {
                morceau.remove();
            }
        }
        Ok(())
    });
    let reglages = RewriteStrSettings::new()
        .append_element_content_handler(garde)
        .append_element_content_handler(dit)
        .append_document_content_handler(texte);
    Ok(rewrite_str(html, reglages)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_spaces_of_french_stand_where_a_space_was() {
        assert_eq!(typo("Reçu : 3 ; et puis ? Oui !"), "Reçu\u{a0}: 3\u{202f}; et puis\u{202f}? Oui\u{202f}!");
        assert_eq!(typo("« Reprendre »"), "«\u{a0}Reprendre\u{a0}»");
        assert_eq!(typo("«\u{202f}Reprendre\u{202f}»\u{202f}:"), "«\u{a0}Reprendre\u{a0}»\u{a0}:");
        assert_eq!(typo("ea.fiches:2026-T1?v=2;a 08:30"), "ea.fiches:2026-T1?v=2;a 08:30", "identifiers stay");
    }

    #[test]
    fn a_page_is_composed_in_its_texts_and_not_in_its_addresses() {
        let html = "<title>Erreur : fiche</title><a href=\"/a?x=1 ; 2\" title=\"Voir : a &quot;b&quot;\">Lu &amp; su ?</a>\
                    <p>a <code>x : y</code> : <b>fin</b> !</p><textarea>tapé : ici</textarea><input value=\"b : c\">";
        assert_eq!(
            compose(html).unwrap(),
            "<title>Erreur\u{a0}: fiche</title><a href=\"/a?x=1 ; 2\" title=\"Voir\u{a0}: a &quot;b&quot;\">\
             Lu &amp; su\u{202f}?</a><p>a <code>x : y</code>\u{a0}: <b>fin</b>\u{202f}!</p>\
             <textarea>tapé : ici</textarea><input value=\"b : c\">"
        );
    }

    proptest! {
        #[test]
        fn only_spaces_change_and_twice_is_once(texte in "[a« »:;!?\u{a0}\u{202f}0-9éx]{0,40}") {
            let une_fois = typo(&texte);
            let sans = |t: &str| t.replace(['\u{a0}', '\u{202f}'], " ");
            prop_assert_eq!(sans(&une_fois), sans(&texte));
            prop_assert_eq!(typo(&une_fois), une_fois);
        }

        #[test]
        fn a_long_page_is_composed_as_its_texts_are(textes in prop::collection::vec("[a-z :;?é]{1,900}", 1..4)) {
            let page: String = textes.iter().map(|t| format!("<p>{t}</p>")).collect();
            let attendue: String = textes.iter().map(|t| format!("<p>{}</p>", typo(t))).collect();
            prop_assert_eq!(compose(&page).unwrap(), attendue);
        }
    }
}
