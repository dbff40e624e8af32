//! Opens the CFEA packages of a campaign with the key of their recipient, and puts them together in one workbook of the
//! CFEA’s layout. The hub that serves never does this and holds no such key: it is the act of a recipient, at a command.
//! Nothing is kept of what is read.

use std::path::Path;

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use chrono::NaiveDate;
use referentiel::controle::{Fiche, Severite};
use tableur::ecriture::{EcritureImpossible, Saisie, classeur};
use tableur::modele::FICHES;
use tableur::{Illisible, LigneLue, Modele, Recepteur};

/// Largest package opened: the bytes that a workbook may have.
const TAILLE: usize = 64 << 20;

/// Why packages are not put together.
#[derive(Debug, thiserror::Error)]
pub enum OuvertureImpossible {
    /// The key file.
    #[error("Le fichier de clé ne contient pas de clé privée age (une ligne « AGE-SECRET-KEY-1… »).")]
    Cle,
    /// The package, or not for this key.
    #[error("« {0} » ne s’ouvre pas : il n’est pas un paquet, il est abîmé, ou il n’est pas scellé pour cette clé.")]
    Ferme(String),
    /// Too large.
    #[error("« {0} » dépasse {mo} Mo : ce n’est pas un paquet.", mo = TAILLE >> 20)]
    Taille(String),
    /// What was inside.
    #[error("« {0} » s’ouvre, mais son classeur ne se lit pas : {1}")]
    Contenu(String, Illisible),
    /// What was inside is not what a node writes.
    #[error("« {0} » s’ouvre, mais son classeur n’est pas au format du CFEA : {1}")]
    Format(String, String),
    /// Two campaigns.
    #[error(
        "« {0} » porte sur une autre date d’évènement ({1}) que les paquets d’avant ({2}) : ouvrez une campagne à la fois."
    )]
    Campagne(String, NaiveDate, NaiveDate),
    /// The same dispositif twice.
    #[error("Le dispositif {1} est déjà dans un autre paquet que « {0} » : gardez le plus récent des deux.")]
    Double(String, String),
    /// The workbook of the region.
    #[error(transparent)]
    Ecriture(#[from] EcritureImpossible),
}

/// The private key of a recipient, from the text of its file.
pub fn cle(texte: &str) -> Result<Identity, OuvertureImpossible> {
    let ligne = texte.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'));
    ligne.and_then(|l| l.parse().ok()).ok_or(OuvertureImpossible::Cle)
}

/// Makes the key of a recipient and writes it in a new file of mode 0600; gives the public half.
pub fn cree_cle(fichier: &Path) -> anyhow::Result<Recipient> {
    let cle = Identity::generate();
    crate::cle::ecris(fichier, &format!("{}\n", cle.to_string().expose_secret()))?;
    Ok(cle.to_public())
}

/// Rows of several packages, put together.
#[derive(Debug, Default)]
pub struct Recueil {
    saisies: [Vec<Saisie>; 3],
    date: Option<NaiveDate>,
}

impl Recueil {
    /// Adds a package; nothing of it stays when it is refused.
    pub fn ajoute(&mut self, nom: &str, scelle: &[u8], cle: &Identity) -> Result<(), OuvertureImpossible> {
        let nom = || nom.to_owned();
        if scelle.len() > TAILLE {
            return Err(OuvertureImpossible::Taille(nom()));
        }
        let octets = age::decrypt(cle, scelle).map_err(|_| OuvertureImpossible::Ferme(nom()))?;
        let modele = Modele::cfea();
        let mut lues = Lues::default();
        let rapport = tableur::lire(&octets, modele, &mut lues).map_err(|e| OuvertureImpossible::Contenu(nom(), e))?;
        if let Some(faute) = rapport.anomalies.iter().find(|a| a.severite == Severite::Bloquant) {
            return Err(OuvertureImpossible::Format(nom(), faute.message.clone()));
        }
        let [dispositifs, _, evenements] = &lues.0;
        let feuille = modele.feuille(Fiche::Evenement);
        let date = evenements.first().and_then(|e| e.valeur(feuille, "date_evenement").date());
        match (self.date, date) {
            (Some(avant), Some(date)) if avant != date => {
                return Err(OuvertureImpossible::Campagne(nom(), date, avant));
            }
            _ => {}
        }
        let reference = |d: &Saisie| d.valeur(modele.feuille(Fiche::Dispositif), "reference_dispositif");
        let deja = dispositifs.iter().map(reference).find(|r| self.saisies[0].iter().any(|d| reference(d) == *r));
        if let Some(deja) = deja {
            return Err(OuvertureImpossible::Double(nom(), deja.texte().unwrap_or_default().to_owned()));
        }
        self.date = self.date.or(date);
        for (ensemble, siennes) in self.saisies.iter_mut().zip(lues.0) {
            ensemble.extend(siennes);
        }
        Ok(())
    }

    /// Rows of each fiche: dispositif, personne, évènement.
    pub fn comptes(&self) -> [usize; 3] {
        self.saisies.each_ref().map(Vec::len)
    }

    /// The workbook of all of them.
    pub fn classeur(&self, jour: NaiveDate) -> Result<Vec<u8>, OuvertureImpossible> {
        let modele = Modele::cfea();
        Ok(classeur(modele, modele.titre(), jour, self.saisies.each_ref().map(Vec::as_slice))?)
    }
}

/// Receives the rows of one workbook.
#[derive(Debug, Default)]
struct Lues([Vec<Saisie>; 3]);

impl Recepteur for Lues {
    fn ligne(&mut self, fiche: Fiche, ligne: &LigneLue<'_>) {
        let feuille = Modele::cfea().feuille(fiche);
        let saisie =
            feuille.champs().iter().zip(ligne.valeurs).fold(Saisie::vierge(feuille), |s, (champ, valeur)| {
                s.avec(feuille, &champ.identifiant, valeur.detache())
            });
        if let Some(lues) = FICHES.iter().position(|f| *f == fiche).and_then(|rang| self.0.get_mut(rang)) {
            lues.push(saisie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tableur::Valeur;

    fn paquet(reference: &str, date: &str, pour: &Identity) -> Vec<u8> {
        let modele = Modele::cfea();
        let [d, p, e] = modele.feuilles();
        let texte = |t: &str| Valeur::Texte(t.to_owned().into());
        let dispositif = Saisie::vierge(d).avec(d, "reference_dispositif", texte(reference)).avec(
            d,
            "structures_rattachees",
            Valeur::Liste(vec!["Horizon".to_owned()]),
        );
        let personne = Saisie::vierge(p)
            .avec(p, "reference_personne", texte(&format!("{reference}000000001")))
            .avec(p, "dispositif_accompagnant", texte("Plateforme"))
            .avec(p, "structure_accompagnante", texte("Horizon"));
        let evenement = Saisie::vierge(e)
            .avec(e, "evt_reference_personne", texte(&format!("{reference}000000001")))
            .avec(e, "date_evenement", Valeur::Date(date.parse().unwrap()));
        let octets = classeur(modele, "t", date.parse().unwrap(), [&[dispositif], &[personne], &[evenement]]).unwrap();
        age::encrypt(&pour.to_public(), &octets).unwrap()
    }

    #[test]
    fn packages_of_a_campaign_become_one_workbook() {
        let cfea = Identity::generate();
        let mut recueil = Recueil::default();
        recueil.ajoute("a", &paquet("BFC01", "2026-03-31", &cfea), &cfea).unwrap();
        recueil.ajoute("b", &paquet("BFC02", "2026-03-31", &cfea), &cfea).unwrap();
        assert_eq!(recueil.comptes(), [2, 2, 2]);
        let mut relues = Lues::default();
        let octets = recueil.classeur("2026-04-20".parse().unwrap()).unwrap();
        tableur::lire(&octets, Modele::cfea(), &mut relues).unwrap();
        assert_eq!(relues.0.each_ref().map(Vec::len), [2, 2, 2]);
        assert_eq!(relues.0, recueil.saisies, "written and read again, the same rows");
    }

    #[test]
    fn what_is_not_for_this_key_or_not_of_this_campaign_is_refused_whole() {
        let (cfea, autre) = (Identity::generate(), Identity::generate());
        let mut recueil = Recueil::default();
        recueil.ajoute("a", &paquet("BFC01", "2026-03-31", &cfea), &cfea).unwrap();
        let refus = |r: &mut Recueil, scelle: &[u8]| r.ajoute("b", scelle, &cfea).unwrap_err().to_string();
        assert!(refus(&mut recueil, &paquet("BFC02", "2026-03-31", &autre)).contains("pas scellé pour cette clé"));
        assert!(refus(&mut recueil, b"rien").contains("ne s’ouvre pas"));
        assert!(refus(&mut recueil, &paquet("BFC02", "2026-06-30", &cfea)).contains("autre date"));
        assert!(refus(&mut recueil, &paquet("BFC01", "2026-03-31", &cfea)).contains("BFC01"));
        assert!(refus(&mut recueil, &age::encrypt(&cfea.to_public(), b"x").unwrap()).contains("classeur"));
        assert_eq!(recueil.comptes(), [1, 1, 1]);
        let texte = cfea.to_string().expose_secret().to_owned();
        assert_eq!(cle(&format!("# commentaire\n{texte}\n")).unwrap().to_public(), cfea.to_public());
        assert!(cle("# rien").is_err());
    }
}
