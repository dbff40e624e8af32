//! Section `[courriel]`: the mail server that reminders leave by.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use serde::Deserialize;

/// Mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Courriel {
    /// `smtps://utilisateur@hote:465`, or `smtp://127.0.0.1:25` for a server of the same machine.
    pub serveur: String,
    /// File of the password, when the server asks for one.
    #[serde(default)]
    pub secret: Option<PathBuf>,
    /// Who the messages come from.
    pub expediteur: Mailbox,
}

impl Courriel {
    pub(super) fn verifie(mut self, dossier: &Path) -> Result<Self, String> {
        let (schema, reste) = self.serveur.split_once("://").unwrap_or_default();
        let local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|hote| reste.starts_with(hote));
        let chiffre = schema == "smtps" || (schema == "smtp" && reste.contains("tls=required"));
        let sur_place = schema == "smtp" && local;
        if !chiffre && !sur_place {
            return Err(format!(
                "[courriel] serveur : « {} » n’est pas chiffré ; écrivez smtps://hote:465, ou smtp://hote:587?tls=required.",
                self.serveur
            ));
        }
        if reste.split('@').next().is_some_and(|identite| reste.contains('@') && identite.contains(':')) {
            return Err("[courriel] serveur : le mot de passe se met dans un fichier, à la clé « secret ».".to_owned());
        }
        self.secret = self.secret.map(|fichier| dossier.join(fichier));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lu(serveur: &str) -> Result<Courriel, String> {
        let expediteur = "Maillage <hub@hub.example>".parse().unwrap();
        Courriel { serveur: serveur.to_owned(), secret: None, expediteur }.verifie(Path::new("/etc/maillage"))
    }

    #[test]
    fn a_server_elsewhere_is_reached_encrypted() {
        for bon in ["smtps://hub@mail.example:465", "smtp://mail.example:587?tls=required", "smtp://127.0.0.1:2525"] {
            assert!(lu(bon).is_ok(), "{bon}");
        }
        for clair in ["smtp://mail.example:25", "mail.example", "http://mail.example"] {
            assert!(lu(clair).unwrap_err().contains("chiffré"), "{clair}");
        }
        assert!(lu("smtps://hub:motdepasse@mail.example").unwrap_err().contains("fichier"));
    }
}
