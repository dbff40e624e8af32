//! Section `[proconnect]`: the OpenID provider that authenticates persons. It authorises nobody: accounts do.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// OpenID provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProConnect {
    /// Address under which its discovery document stands.
    pub emetteur: String,
    /// What it calls this hub.
    pub client: String,
    /// File of the secret it gave.
    pub secret: PathBuf,
    /// Name on the button.
    #[serde(default = "nom")]
    pub nom: String,
    /// What is asked of it.
    #[serde(default = "portees")]
    pub portees: Vec<String>,
    /// Levels of assurance that open a session: those with several factors.
    #[serde(default = "niveaux")]
    pub acr: Vec<String>,
    /// Where it sends the browser back: the public address of the hub.
    #[serde(skip)]
    pub retour: String,
}

fn nom() -> String {
    "ProConnect".to_owned()
}

fn portees() -> Vec<String> {
    ["openid", "given_name", "usual_name", "email", "uid", "siret"].map(str::to_owned).into()
}

/// « MFA à exiger » (ProConnect, documentation for partners).
fn niveaux() -> Vec<String> {
    ["eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3"].map(str::to_owned).into()
}

impl ProConnect {
    pub(super) fn verifie(mut self, dossier: &Path, adresse: Option<&str>) -> Result<Self, String> {
        let Some(adresse) = adresse else {
            return Err("[proconnect] demande [hub] adresse : le fournisseur y renvoie le navigateur.".to_owned());
        };
        let local = self.emetteur.starts_with("http://127.0.0.1");
        if !self.emetteur.starts_with("https://") && !local {
            return Err(format!("[proconnect] emetteur : « {} » ne commence pas par https://.", self.emetteur));
        }
        if self.acr.is_empty() {
            return Err("[proconnect] acr : citez au moins un niveau, avec plusieurs facteurs.".to_owned());
        }
        self.secret = dossier.join(&self.secret);
        self.retour = format!("{}/connexion/retour", adresse.trim_end_matches('/'));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lu(texte: &str, adresse: Option<&str>) -> Result<ProConnect, String> {
        toml::from_str::<ProConnect>(texte).unwrap().verifie(Path::new("/etc/maillage"), adresse)
    }

    #[test]
    fn the_browser_comes_back_to_the_public_address() {
        let texte = "emetteur = \"https://id.example/api/v2\"\nclient = \"c\"\nsecret = \"proconnect.secret\"\n";
        let lu_ici = lu(texte, Some("https://hub.example/")).unwrap();
        assert_eq!(lu_ici.retour, "https://hub.example/connexion/retour");
        assert_eq!(lu_ici.secret, Path::new("/etc/maillage/proconnect.secret"));
        assert!(lu_ici.acr.iter().all(|niveau| niveau.contains("mfa") || niveau > &"eidas1".to_owned()));
        assert!(lu(texte, None).unwrap_err().contains("[hub] adresse"));
        assert!(lu(&texte.replace("https", "http"), Some("https://hub.example")).unwrap_err().contains("https://"));
        assert!(
            lu(&format!("{texte}acr = []"), Some("https://hub.example")).unwrap_err().contains("plusieurs facteurs")
        );
    }
}
