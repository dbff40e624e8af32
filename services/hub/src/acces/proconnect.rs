//! Sign-in through an OpenID provider of ProConnect's shape: authorization code with PKCE, state and nonce of 256
//! bits, several factors asked for and checked again, user information signed. The provider says who somebody
//! is; the accounts of this hub say what they may do.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use hub_storage::compte::Attache;
use hub_storage::identite::DemandeConnexion;
use openidconnect::core::{CoreClient, CoreGenderClaim, CoreIdToken, CoreJwsSigningAlgorithm, CoreResponseType};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, HttpRequest, HttpResponse, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse as _,
    UserInfoClaims,
};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use super::jeton::{alea, condense};
use crate::configuration::ProConnect;

/// How long a person may take at the provider.
const DUREE: TimeDelta = TimeDelta::minutes(10);
/// How old a statement of the provider may be, clocks included.
const FRAICHEUR: TimeDelta = TimeDelta::minutes(5);
/// Longest answer of the provider.
const TAILLE: usize = 256 << 10;

/// What is said of a person beside the standard claims.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Complement {
    #[serde(default)]
    siret: Option<String>,
}

impl AdditionalClaims for Complement {}

/// A sign-in that begins.
#[derive(Debug)]
pub struct Depart {
    /// Where the browser goes.
    pub adresse: String,
    /// What its cookie holds until it comes back.
    pub cookie: String,
    /// What is kept here.
    pub demande: DemandeConnexion,
}

/// A person the provider vouched for.
#[derive(Debug)]
pub struct Personne {
    /// The provider.
    pub emetteur: String,
    /// How it names the person.
    pub sujet: String,
    /// Address and employer.
    pub attache: Attache,
    /// Its signed statement, which it wants back at sign-out.
    pub preuve: String,
}

/// The provider as the configuration names it.
#[derive(Clone)]
pub struct Fournisseur {
    reglage: ProConnect,
    secret: ClientSecret,
    http: reqwest::Client,
}

impl Fournisseur {
    /// Reads the secret file and makes the client: no redirect is followed, no answer waited for long.
    pub fn ouvre(reglage: &ProConnect) -> Result<Self> {
        let secret = std::fs::read_to_string(&reglage.secret)
            .with_context(|| format!("Le secret {} ne peut pas être lu", reglage.secret.display()))?;
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self { reglage: reglage.clone(), secret: ClientSecret::new(secret.trim().to_owned()), http })
    }

    /// Begins a sign-in.
    pub async fn depart(&self, retour: String, maintenant: DateTime<Utc>, rng: &mut impl CryptoRng) -> Result<Depart> {
        let (etat, nonce, cookie) = (alea::<32>(rng), alea::<32>(rng), alea::<32>(rng));
        let verificateur = PkceCodeVerifier::new(alea::<32>(rng));
        let client = self.client(self.decouvre().await?)?;
        let (lu, cite) = (etat.clone(), nonce.clone());
        let demande = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(lu),
                move || Nonce::new(cite),
            )
            // `openid` is always asked for.
            .add_scopes(self.reglage.portees.iter().filter(|p| *p != "openid").cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verificateur))
            .add_extra_param("claims", self.exigence());
        Ok(Depart {
            adresse: demande.url().0.to_string(),
            demande: DemandeConnexion {
                condense: condense(&etat),
                navigateur: condense(&cookie),
                nonce,
                verificateur: verificateur.into_secret(),
                retour,
                expire_le: maintenant + DUREE,
            },
            cookie,
        })
    }

    /// « MFA à exiger par claims, et revérifier côté serveur » (ProConnect, documentation for partners).
    fn exigence(&self) -> String {
        serde_json::json!({ "id_token": { "acr": { "essential": true, "values": self.reglage.acr } } }).to_string()
    }

    /// Ends a sign-in: changes the code for statements, and believes only what they prove.
    pub async fn arrivee(
        &self,
        demande: DemandeConnexion,
        code: String,
        maintenant: DateTime<Utc>,
    ) -> Result<Personne> {
        let client = self.client(self.decouvre().await?)?;
        let http = |requete| appelle(self.http.clone(), requete);
        let jetons = client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(PkceCodeVerifier::new(demande.verificateur))
            .request_async(&http)
            .await
            .context("échange du code")?;
        let preuve = jetons.id_token().context("le fournisseur n’a pas donné de jeton d’identité")?;
        let niveaux = self.reglage.acr.clone();
        let controle = client
            .id_token_verifier()
            .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256])
            .set_time_fn(move || maintenant)
            .set_issue_time_verifier_fn(move |emis| {
                let frais = (maintenant - emis).abs() <= FRAICHEUR;
                if frais { Ok(()) } else { Err("jeton d’identité trop ancien".to_owned()) }
            })
            .set_auth_context_verifier_fn(move |acr| match acr {
                Some(acr) if niveaux.iter().any(|n| n == acr.as_str()) => Ok(()),
                autre => Err(format!("niveau d’assurance {:?} insuffisant", autre.map(|a| a.as_str()))),
            });
        let dit = preuve.claims(&controle, &Nonce::new(demande.nonce))?;
        if let Some(annonce) = dit.access_token_hash() {
            let vu = AccessTokenHash::from_token(
                jetons.access_token(),
                preuve.signing_alg()?,
                preuve.signing_key(&controle)?,
            )?;
            ensure!(vu == *annonce, "le jeton d’accès n’est pas celui du jeton d’identité");
        }
        let personne: UserInfoClaims<Complement, CoreGenderClaim> = client
            .user_info(jetons.access_token().clone(), Some(dit.subject().clone()))?
            .require_signed_response(true)
            .set_response_type(openidconnect::UserInfoResponseType::Jwt)
            .request_async(&http)
            .await
            .context("informations sur la personne")?;
        let courriel = personne.standard_claims().email().map(|c| c.to_lowercase());
        let (Some(courriel), Some(siret)) = (courriel, personne.additional_claims().siret.clone()) else {
            bail!("le fournisseur n’a donné ni adresse ni SIRET");
        };
        Ok(Personne {
            emetteur: self.reglage.emetteur.clone(),
            sujet: dit.subject().to_string(),
            attache: Attache { courriel, siret },
            preuve: preuve.to_string(),
        })
    }

    /// Where a browser signs out of the provider, when it has such a place.
    pub async fn adieu(&self, preuve: &str, rng: &mut impl CryptoRng) -> Result<Option<String>> {
        let Some(fin) = self.decouvre().await?.additional_metadata().end_session_endpoint.clone() else {
            return Ok(None);
        };
        let retour = self.reglage.retour.replace("/connexion/retour", "/");
        let demande = LogoutRequest::from(fin)
            .set_id_token_hint(&preuve.parse::<CoreIdToken>()?)
            .set_state(CsrfToken::new(alea::<32>(rng)))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(retour)?);
        Ok(Some(demande.http_get_url().to_string()))
    }

    /// Read again at each sign-in: keys change, and people sign in a few times a day.
    async fn decouvre(&self) -> Result<ProviderMetadataWithLogout> {
        let emetteur = IssuerUrl::new(self.reglage.emetteur.clone())?;
        let http = |requete| appelle(self.http.clone(), requete);
        ProviderMetadataWithLogout::discover_async(emetteur, &http).await.context("découverte du fournisseur")
    }

    fn client(&self, fournisseur: ProviderMetadataWithLogout) -> Result<Client> {
        let retour = RedirectUrl::new(self.reglage.retour.clone())?;
        let client = ClientId::new(self.reglage.client.clone());
        Ok(CoreClient::from_provider_metadata(fournisseur, client, Some(self.secret.clone()))
            .set_redirect_uri(retour)
            // « client_secret dans le corps du POST ».
            .set_auth_type(AuthType::RequestBody))
    }
}

type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

/// Why the provider did not answer.
#[derive(Debug, thiserror::Error)]
enum AppelManque {
    #[error("{0}")]
    Reseau(#[from] reqwest::Error),
    #[error("réponse de plus de {TAILLE} octets")]
    Demesure,
    #[error("{0}")]
    Forme(#[from] openidconnect::http::Error),
}

async fn appelle(http: reqwest::Client, requete: HttpRequest) -> Result<HttpResponse, AppelManque> {
    let mut reponse = http.execute(requete.try_into()?).await?;
    let mut corps = Vec::new();
    while let Some(morceau) = reponse.chunk().await? {
        if corps.len() + morceau.len() > TAILLE {
            return Err(AppelManque::Demesure);
        }
        corps.extend_from_slice(&morceau);
    }
    let mut rendue = openidconnect::http::Response::builder().status(reponse.status());
    if let Some(entetes) = rendue.headers_mut() {
        *entetes = reponse.headers().clone();
    }
    Ok(rendue.body(corps)?)
}
