//! Reminders by e-mail: what is written to a centre that has not sent, and its sending. Never a figure and never
//! a person's name inside: a mail is read on the way.

use anyhow::{Context as _, Result};
use chrono::{DateTime, NaiveDate, Utc};
use hub_storage::ErreurBase;
use hub_storage::campagne::Campagne;
use hub_storage::noeud::Noeud;
use hub_storage::relance::Relance;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use referentiel::format;
use referentiel::periode::Trimestre;

use crate::acces::{Guichet, Refus};
use crate::configuration::Courriel;
use crate::service::Service;

/// Longest wait for the mail server.
const DELAI: std::time::Duration = std::time::Duration::from_secs(20);

/// What is sent, as it is shown before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texte {
    /// Subject.
    pub objet: String,
    /// Paragraphs.
    pub paragraphes: Vec<String>,
}

/// The words of a reminder.
pub fn texte(hub: &str, adresse: Option<&str>, noeud: &Noeud, campagne: &Campagne, aujourdhui: NaiveDate) -> Texte {
    let nom = campagne.code.parse::<Trimestre>().map_or_else(|_| campagne.code.clone(), Trimestre::libelle_long);
    let limite = campagne.limite_depot.map(|l| l.with_timezone(&chrono_tz::Europe::Paris).date_naive());
    let echeance = match limite {
        Some(jour) if jour < aujourdhui => format!("Le dépôt était attendu pour le {}.", format::date_longue(jour)),
        Some(jour) => format!("Le dépôt est attendu jusqu’au {}.", format::date_longue(jour)),
        None => "Le dépôt est ouvert.".to_owned(),
    };
    let ou = adresse.map_or_else(String::new, |a| format!(" L’avancement de la campagne se lit sur {a}/pilotage."));
    Texte {
        objet: format!("{hub} : campagne du {nom}, remontée attendue"),
        paragraphes: vec![
            "Bonjour,".to_owned(),
            format!("La campagne du {nom} attend encore la remontée de votre centre ({}). {echeance}", noeud.nom),
            "Pour la faire : ouvrez votre nœud, importez le classeur du trimestre s’il ne l’est pas encore, relisez « Ce qui sort d’ici », puis approuvez l’envoi. Un trimestre sans donnée se transmet aussi : il est alors compté comme reçu.".to_owned(),
            format!("Si cette remontée n’a pas lieu d’être, répondez à ce message.{ou}"),
        ],
    }
}

/// Why a reminder did not leave.
#[derive(Debug, thiserror::Error)]
pub enum RelanceImpossible {
    /// No mail server.
    #[error("Ce hub n’a pas de serveur de messagerie : ajoutez une section [courriel] à sa configuration.")]
    SansServeur,
    /// No address.
    #[error("Aucune adresse n’est connue pour ce centre : ajoutez « contact » à son [[noeud]] dans la configuration.")]
    SansAdresse,
    /// The server did not take it; the reason is in the journal of reminders.
    #[error("Le serveur de messagerie n’a pas pris le message : {0}")]
    Envoi(String),
    /// The caller, or the database.
    #[error(transparent)]
    Refus(#[from] Refus),
}

impl From<ErreurBase> for RelanceImpossible {
    fn from(erreur: ErreurBase) -> Self {
        Self::Refus(erreur.into())
    }
}

/// Writes a reminder down, sends it, writes down what became of it. `identifiant` is the form's: sent twice, it
/// reminds once.
pub async fn envoie(
    service: &Service,
    guichet: &Guichet,
    identifiant: &str,
    campagne: &Campagne,
    noeud: &Noeud,
) -> Result<(), RelanceImpossible> {
    let configuration = service.configuration();
    let courriel = configuration.courriel.as_ref().ok_or(RelanceImpossible::SansServeur)?;
    let contact = configuration.contacts.get(&noeud.identifiant).ok_or(RelanceImpossible::SansAdresse)?;
    let maintenant = service.horloge().maintenant();
    let relance = Relance {
        identifiant: identifiant.to_owned(),
        campagne: campagne.code.clone(),
        noeud: noeud.identifiant.to_string(),
        destinataire: contact.email.to_string(),
        demandee_le: maintenant,
        par: guichet.appelant().nom.clone(),
        envoyee_le: None,
        erreur: None,
    };
    if !guichet.demande_relance(&relance).await? {
        return Ok(());
    }
    let jour = maintenant.with_timezone(&chrono_tz::Europe::Paris).date_naive();
    let mots = texte(&configuration.hub.nom, configuration.hub.adresse.as_deref(), noeud, campagne, jour);
    let sort = poste(courriel, contact, identifiant, &mots, maintenant).await.map_err(|e| format!("{e:#}"));
    let fini = service.horloge().maintenant();
    guichet.conclut_relance(identifiant, fini, sort.as_ref().err().map(String::as_str)).await?;
    sort.map_err(RelanceImpossible::Envoi)
}

async fn poste(
    courriel: &Courriel,
    contact: &Mailbox,
    identifiant: &str,
    mots: &Texte,
    maintenant: DateTime<Utc>,
) -> Result<()> {
    let domaine = courriel.expediteur.email.domain();
    let message = Message::builder()
        .from(courriel.expediteur.clone())
        .to(contact.clone())
        .subject(&mots.objet)
        .date(maintenant.into())
        .message_id(Some(format!("<{identifiant}@{domaine}>")))
        .header(ContentType::TEXT_PLAIN)
        .body(mots.paragraphes.join("\r\n\r\n"))?;
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&courriel.serveur)?.timeout(Some(DELAI));
    if let Some(fichier) = &courriel.secret {
        let secret = std::fs::read_to_string(fichier).with_context(|| fichier.display().to_string())?;
        let reste = courriel.serveur.split_once("://").map_or("", |(_, reste)| reste);
        let utilisateur = reste.split_once('@').map_or("", |(utilisateur, _)| utilisateur);
        transport = transport.credentials(Credentials::new(utilisateur.to_owned(), secret.trim().to_owned()));
    }
    transport.build().send(message).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_storage::campagne::EtatCampagne;

    fn mots(jour: &str) -> Texte {
        let noeud = Noeud {
            identifiant: "cdg-287000012".parse().unwrap(),
            nom: "CDG de la Haute-Saône".to_owned(),
            organisme: "CDG70".to_owned(),
            regions: vec!["27".to_owned()],
            actif: true,
        };
        let campagne = Campagne {
            code: "2026-T1".to_owned(),
            etat: EtatCampagne::Ouverte,
            date_evenement: "2026-03-31".parse().unwrap(),
            ouverture: None,
            limite_depot: Some("2026-04-10T21:59:59Z".parse().unwrap()),
            fin_correction: None,
            declaree: true,
        };
        texte("Maillage", Some("https://hub.example"), &noeud, &campagne, jour.parse().unwrap())
    }

    #[test]
    fn a_reminder_says_what_is_expected_when_and_how_and_nothing_else() {
        let avant = mots("2026-04-02");
        assert_eq!(avant.objet, "Maillage : campagne du 1er trimestre 2026, remontée attendue");
        let texte = avant.paragraphes.join(" ");
        assert!(texte.contains("jusqu’au 10 avril 2026") && texte.contains("CDG de la Haute-Saône"));
        assert!(texte.contains("https://hub.example/pilotage"));
        assert!(mots("2026-04-14").paragraphes.join(" ").contains("était attendu pour le 10 avril 2026"));
    }
}
