//! Records of a declared jeu: only lists, fields and codes that the jeu publishes to this audience, and no
//! count of persons under its threshold.

use publication::contenu::{ContenuAudience, FichePubliee};
use publication::{CodeRefus, Refus};
use referentiel::Decimal;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{Champ, GenreChamp, Liste};
use secret_statistique::CelluleProtegee;

pub fn objections(jeu: &Jeu, table: &ContenuAudience) -> Vec<Refus> {
    let objection = |fiche: &FichePubliee| {
        let liste = jeu.liste(&fiche.liste).filter(|l| l.publiee_pour(table.politique.audience));
        let faute = match liste {
            None => Some((CodeRefus::RefUnknownCode, "Liste que le jeu ne publie pas pour cette audience.")),
            Some(liste) if total_cache(jeu, liste, table) => {
                Some((CodeRefus::SdcRecoverableCell, "Les groupes rendent un total qui est masqué."))
            }
            Some(liste) => fiche_fautive(jeu, liste, fiche, table.politique.seuil),
        };
        faute.map(|(code, detail)| Refus::nouveau(code, detail).sur_cellule(&fiche.liste))
    };
    table.fiches.iter().filter_map(objection).collect()
}

/// The figure that the groups of the list add up to is not shown beside them.
fn total_cache(jeu: &Jeu, liste: &Liste, table: &ContenuAudience) -> bool {
    liste.regroupement.is_some()
        && jeu.total_des_groupes(liste).is_none_or(|total| {
            let du_total =
                |c: &&CelluleProtegee| c.cle.indicateur == total.mesure && c.cle.ventilation == total.place();
            table.cellules.iter().find(du_total).is_none_or(|c| c.valeur.is_none())
        })
}

pub(crate) type Faute = (CodeRefus, &'static str);

fn fiche_fautive(jeu: &Jeu, liste: &Liste, fiche: &FichePubliee, seuil: u64) -> Option<Faute> {
    let effectif = liste.regroupement.as_ref().map(|r| &r.effectif);
    if effectif.is_some_and(|champ| !fiche.champs.contains_key(champ)) {
        return Some((CodeRefus::SchemaInvalid, "Un groupe doit dire son effectif."));
    }
    fiche.champs.iter().find_map(|(code, texte)| {
        let Some(champ) = liste.publies().find(|c| c.code == *code) else {
            return Some((CodeRefus::RefUnknownCode, "Champ que le jeu ne publie pas."));
        };
        champ_fautif(jeu, champ, texte, seuil)
    })
}

pub(crate) fn champ_fautif(jeu: &Jeu, champ: &Champ, texte: &str, seuil: u64) -> Option<Faute> {
    let nombre = || Decimal::from_str_exact(texte).ok();
    let lisible = match champ.genre {
        GenreChamp::Texte => true,
        GenreChamp::Effectif | GenreChamp::Entier => texte.parse::<u64>().is_ok(),
        GenreChamp::Decimal | GenreChamp::Montant => nombre().is_some(),
        GenreChamp::OuiNon => matches!(texte, "oui" | "non"),
        GenreChamp::Date => est_un_mois(texte),
        GenreChamp::Code => {
            let liste = champ.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
            if liste.is_none_or(|l| l.modalite(texte).is_none()) {
                return Some((CodeRefus::RefUnknownCode, "Valeur absente de la nomenclature de son champ."));
            }
            true
        }
    };
    if !lisible {
        return Some((CodeRefus::SchemaInvalid, "La valeur n’a pas le genre de son champ."));
    }
    let petit = champ.genre == GenreChamp::Effectif && texte.parse::<u64>().is_ok_and(|n| n > 0 && n < seuil);
    petit.then_some((CodeRefus::SdcCellBelowThreshold, "L’effectif doit être regroupé ou masqué."))
}

/// `2026-04`: a published date says its month only.
fn est_un_mois(texte: &str) -> bool {
    let mois = texte.split_once('-').filter(|(annee, mois)| annee.len() == 4 && mois.len() == 2);
    mois.is_some_and(|(annee, mois)| annee.parse::<u16>().is_ok() && matches!(mois.parse::<u8>(), Ok(1..=12)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::cellule::{Audience, Cle, Statut, Ventilation};
    use referentiel::jeu::jeu;
    use referentiel::territoire::Niveau;
    use secret_statistique::{Politique, ValeurPubliee};

    /// One record beside a total of beneficiaries, shown or masked.
    fn codes(jeu_: &str, total: Option<u64>, liste: &str, champs: &[(&str, &str)]) -> Vec<CodeRefus> {
        let jeu = jeu(jeu_).unwrap();
        let cle = Cle {
            indicateur: "TM_BENEFICIAIRES".to_owned(),
            niveau: Niveau::Departement,
            territoire: "70".to_owned(),
            ventilation: Ventilation::default(),
        };
        let statut = if total.is_some() { Statut::Publie } else { Statut::Secret };
        let cellule = CelluleProtegee { cle, valeur: total.map(ValeurPubliee::Effectif), cadre: None, statut };
        let champs = champs.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect();
        let table = ContenuAudience {
            politique: Politique::du_jeu(jeu, Audience::Reseau).unwrap(),
            cellules: vec![cellule],
            fiches: vec![FichePubliee { liste: liste.to_owned(), cle: "x".to_owned(), champs }],
        };
        objections(jeu, &table).iter().map(Refus::code).collect()
    }

    #[test]
    fn a_group_reaches_its_threshold_and_gives_back_no_masked_total() {
        let groupe =
            |total, n| codes("mobilite.ticket", total, "commune", &[("commune", "Gray"), ("beneficiaires", n)]);
        assert_eq!(groupe(Some(12), "12"), []);
        assert_eq!(groupe(Some(12), "4"), [CodeRefus::SdcCellBelowThreshold]);
        assert_eq!(groupe(None, "12"), [CodeRefus::SdcRecoverableCell]);
        assert_eq!(codes("mobilite.ticket", Some(12), "commune", &[("commune", "Gray")]), [CodeRefus::SchemaInvalid]);
    }

    #[test]
    fn only_what_the_jeu_publishes_passes() {
        let ticket = |liste, champs: &[(&str, &str)]| codes("mobilite.ticket", Some(12), liste, champs);
        assert_eq!(
            ticket("beneficiaire", &[("code", "A1")]),
            [CodeRefus::RefUnknownCode],
            "that list stays at the node"
        );
        let commune = [("commune", "Gray"), ("beneficiaires", "12"), ("epci", "CC")];
        assert_eq!(ticket("commune", &commune), [CodeRefus::RefUnknownCode], "of a group, its name and its count");
        let fiche = |champ, valeur| codes("pratiques", Some(12), "fiche", &[(champ, valeur)]);
        assert_eq!(fiche("theme", "cap_emploi"), []);
        assert_eq!(fiche("theme", "Cap emploi"), [CodeRefus::RefUnknownCode]);
        assert_eq!(fiche("relecteur", "x"), [CodeRefus::RefUnknownCode], "an internal field");
        assert_eq!(fiche("resultat", "12,5"), [CodeRefus::SchemaInvalid]);
        let outil = |champ, valeur| codes("offre.services", Some(12), "outil", &[(champ, valeur)]);
        assert_eq!(outil("en_vigueur", "2026-01"), []);
        assert_eq!(outil("en_vigueur", "2026-01-01"), [CodeRefus::SchemaInvalid], "a day is too precise");
        assert_eq!(outil("annees", "trois"), [CodeRefus::SchemaInvalid]);
    }
}
