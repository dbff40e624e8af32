// An OpenID provider of ProConnect's shape, for the tests of the hub: code flow with PKCE, secret in the body,
// signed user information, access tokens of 60 seconds. `POST /personne` says who signs in next.
import { createServer } from 'node:http';
import { Provider, interactionPolicy } from 'oidc-provider';

const retour = process.argv[2];
let personne = {};
const comptes = new Map();
const serveur = createServer();
await new Promise((pret) => serveur.listen(0, '127.0.0.1', pret));
const adresse = `http://127.0.0.1:${serveur.address().port}`;

// A provider that lets a single factor through and says so: the hub must see it.
const regles = interactionPolicy.base();
for (const regle of ['essential_acrs', 'essential_acr']) regles.get('login').checks.remove(regle);

const fournisseur = new Provider(adresse, {
  clients: [{
    client_id: 'maillage',
    client_secret: 'secret-des-tests-de-quarante-caracteres!',
    redirect_uris: [retour],
    post_logout_redirect_uris: [new URL('/', retour).href],
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: 'RS256',
    userinfo_signed_response_alg: 'RS256',
  }],
  acrValues: ['eidas1', 'eidas1-mfa', 'eidas2', 'eidas3'],
  claims: {
    openid: ['sub'], email: ['email'], siret: ['siret'], uid: ['uid'], given_name: ['given_name'],
    usual_name: ['usual_name'], acr: null,
  },
  conformIdTokenClaims: true,
  features: {
    devInteractions: { enabled: false },
    jwtUserinfo: { enabled: true },
    claimsParameter: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  interactions: { policy: regles, url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Session: 60, Interaction: 60, Grant: 60 },
  cookies: { keys: ['une clé des tests'] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => comptes.get(sub) }),
});
fournisseur.on('server_error', (_, erreur) => console.error(erreur));

async function interaction(req, res) {
  const { params } = await fournisseur.interactionDetails(req, res);
  comptes.set(personne.sub, personne);
  const grant = new fournisseur.Grant({ accountId: personne.sub, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  grant.addOIDCClaims(['acr']);
  const suite = { login: { accountId: personne.sub, acr: personne.acr }, consent: { grantId: await grant.save() } };
  await fournisseur.interactionFinished(req, res, suite);
}

async function dit(req, res) {
  let corps = '';
  for await (const morceau of req) corps += morceau;
  personne = JSON.parse(corps);
  res.end();
}

const repond = fournisseur.callback();
serveur.on('request', (req, res) => {
  if (req.method === 'POST' && req.url === '/personne') return dit(req, res);
  if (req.url.startsWith('/interaction/')) return interaction(req, res).catch((e) => { console.error(e); res.destroy(); });
  return repond(req, res);
});
console.log(adresse);
