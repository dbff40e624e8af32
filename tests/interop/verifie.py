"""An independent reader of the wire contract: gives its own verdict on every signed vector.

Written from the protocol's page, not from the Rust code: `python3 verifie.py schema/vecteurs/v1` exits
non-zero when a verdict differs from the one frozen in a file. Needs `cryptography` and nothing else.
"""

import base64
import hashlib
import json
import re
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERSION = 1
ENTIER_MAXIMAL = 2**53 - 1
PROFONDEUR_MAXIMALE = 16
PREUVE_MAXIMALE = 63
VIE_MAXIMALE, FENETRE = 120, 300

# Encodings of the eight points of small order (and their non-canonical twins): anybody signs for them.
FAIBLES = {
    bytes.fromhex(h)
    for h in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
}


class Refus(Exception):
    """A verdict that is not `acceptee`."""


def erreur(code):
    return Refus(f"urn:maillage:error:{code}")


def refus(code):
    return Refus(f"urn:maillage:refus:{code}")


# --- bytes, keys, digests -------------------------------------------------------------------------


def b64(texte):
    octets = base64.urlsafe_b64decode(texte + "=" * (-len(texte) % 4))
    if base64.urlsafe_b64encode(octets).rstrip(b"=").decode() != texte:
        raise ValueError("not canonical base64url")
    return octets


def texte64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def sha(*morceaux):
    return hashlib.sha256(b"".join(morceaux)).digest()


def kid(cle):
    return texte64(sha(f'{{"crv":"Ed25519","kty":"OKP","x":"{texte64(cle)}"}}'.encode()))


def lire_cle(texte):
    cle = b64(texte)
    if len(cle) != 32 or cle in FAIBLES:
        raise erreur("auth.key_weak")
    return cle


def signature_tient(cle, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(cle).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- strict JSON ----------------------------------------------------------------------------------

LISTES = {
    "audiences", "axes_sensibles", "cellules", "dispositifs", "fiches", "items", "parts", "path", "reasons", "structures",
    "successions", "territoires",
}
INTERDITS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def lire_json(octets):
    """JSON that every reader understands alike: no duplicate, no fraction, nothing deep, nothing invisible."""

    def objet(paires):
        if len({cle for cle, _ in paires}) != len(paires):
            raise refus("schema.duplicate_key")
        return dict(paires)

    def entier(texte):
        if not texte.isdigit() or int(texte) > ENTIER_MAXIMAL:
            raise refus("schema.number")
        return int(texte)

    def interdit(_):
        raise refus("schema.number")

    try:
        valeur = json.loads(
            octets.decode("utf-8"), object_pairs_hook=objet, parse_int=entier, parse_float=interdit, parse_constant=interdit
        )
    except (ValueError, RecursionError) as cause:
        raise refus("schema.invalid") from cause
    garde(valeur, 0, False)
    return valeur


def garde(valeur, profondeur, liste_permise):
    if isinstance(valeur, str) and (len(valeur.encode()) > 1024 or INTERDITS.search(valeur)):
        raise refus("schema.text")
    if not isinstance(valeur, (dict, list)):
        return
    if isinstance(valeur, list) and not liste_permise:
        raise refus("schema.invalid")
    if profondeur == PROFONDEUR_MAXIMALE:
        raise refus("schema.too_deep")
    if isinstance(valeur, list):
        for dedans in valeur:
            garde(dedans, profondeur + 1, False)
        return
    for cle, dedans in valeur.items():
        garde(cle, profondeur, False)
        garde(dedans, profondeur + 1, cle in LISTES)


def membres(objet, requis, facultatifs=()):
    if not isinstance(objet, dict) or not set(requis) <= set(objet) <= set(requis) | set(facultatifs):
        raise refus("schema.invalid")


# --- tokens ---------------------------------------------------------------------------------------


class Jeton:
    """A compact JWS cut in its parts. Only `alg`, `typ` and `kid` are understood in its header."""

    def __init__(self, texte, typ):
        signe, _, signature = texte.rpartition(".")
        en_tete, _, charge = signe.partition(".")
        self.signe, self.signature, self.charge = signe.encode(), b64(signature), b64(charge)
        lu = lire_json(b64(en_tete))
        membres(lu, ("alg", "typ", "kid"))
        if (lu["alg"], lu["typ"]) != ("EdDSA", typ):
            raise refus("schema.invalid")
        self.kid = lu["kid"]


def jeton_du_hub(texte, typ, cle, code, requis, facultatifs=()):
    """A statement of the hub: whatever is wrong with it has one name."""
    try:
        jeton = Jeton(texte, typ)
        if jeton.kid != kid(cle) or not signature_tient(cle, jeton.signe, jeton.signature):
            raise refus("schema.invalid")
        lu = lire_json(jeton.charge)
        membres(lu, requis, facultatifs)
        return lu
    except (Refus, ValueError) as cause:
        raise erreur(code) from cause


# --- envelopes ------------------------------------------------------------------------------------

ENVELOPPE = ("v", "iss", "aud", "region", "seq", "prev", "kind", "created_at", "test")
SERIE, PUBLICATION, ROTATION = ("series", "rev", "reason"), ("body", "ref"), ("next",)
PROPRES = {
    "publish": SERIE + PUBLICATION,
    "withdraw": SERIE + ("supersedes",),
    "rotate": ROTATION,
    "restore": (),
    "heartbeat": (),
}


def lire_enveloppe(v, cle):
    try:
        jeton = Jeton(v["jeton"], "maillage-env+jws")
    except (Refus, ValueError) as cause:
        raise erreur("env.malformed") from cause
    if jeton.kid != kid(cle):
        raise erreur("auth.key_unknown")
    if not signature_tient(cle, jeton.signe, jeton.signature):
        raise erreur("env.signature_invalid")
    try:
        e = lire_json(jeton.charge)
        if e.get("v") != VERSION:
            raise erreur("env.unsupported_version")
        propres = PROPRES.get(e.get("kind"), ())
        membres(e, ENVELOPPE + propres, ("supersedes",) if e.get("kind") == "publish" else ())
        if e["kind"] not in PROPRES or not isinstance(e["aud"], str):
            raise refus("schema.invalid")
    except Refus as cause:
        raise cause if "error" in str(cause) else erreur("env.malformed") from cause
    if e["iss"] != v["noeud"]:
        raise erreur("auth.wrong_node")
    if e["aud"] != v["hub"]:
        raise erreur("env.wrong_audience")
    if e["seq"] < 1 or (e["seq"] == 1) != (e["prev"] == "0"):
        raise erreur("env.malformed")
    if "rev" in e and (e["rev"] < 1 or (e["rev"] == 1) != ("supersedes" not in e)):
        raise erreur("env.malformed")
    if e["kind"] == "rotate":
        possession(e)
    empreinte = texte64(sha(b"maillage/env/v1\0", jeton.charge))
    assert empreinte == v["empreinte"], "identity of the entry"
    return e, empreinte


def possession(e):
    """The new key agrees to be this node's, at this position."""
    membres(e["next"], ("x", "proof"))
    nouvelle = lire_cle(e["next"]["x"])
    lu = jeton_du_hub(e["next"]["proof"], "maillage-cle+jws", nouvelle, "auth.proof_invalid", ("node", "hub", "usage"))
    if lu != {"node": e["iss"], "hub": e["aud"], "usage": {"rotate": {"seq": e["seq"]}}}:
        raise erreur("auth.proof_invalid")


# --- bodies ---------------------------------------------------------------------------------------

CORPS = ("salt", "v", "jeu", "version_jeu", "emetteur", "periode", "date")
POLITIQUE = ("audience", "seuil", "seuil_sensible", "axes_sensibles", "zeros", "denominateur_minimal", "largeur")
DISPOSITIF = ("reference", "statut", "structures")
DISPOSITIF_FACULTATIF = (
    "nom departement region capacite etp_total etp_hors_administratifs professionnels liste_attente sans_suite".split()
)
VISIBLES = {"publie", "provisoire", "revise"}
MEDIAS = {True: "application/vnd.maillage.dispositif+json;v=1", False: "application/vnd.maillage.agg+json;v=1"}

# What looks like a person: a reference of the annexe 2, an e-mail, a NIR, a day.
PERSONNES = [
    re.compile(forme)
    for forme in (
        r"(?i)(?:^|[^a-z0-9])[a-z]{3}[0-9]{2}[ ._-]?[a-z0-9]{9}(?:[^a-z0-9]|$)",
        r"[^\s@]@[^\s@]+\.[^\s@]",
        r"(?:^|[^0-9])[1-478][0-9]{14}(?:[^0-9]|$)",
        r"(?:^|[^0-9])(?:0?[1-9]|[12][0-9]|3[01])[/. -](?:0?[1-9]|1[0-2])[/. -](?:19|20)[0-9]{2}(?:[^0-9]|$)",
    )
]


def lire_corps(v, e):
    corps = b64(v["corps"])
    annonce = e["body"]
    empreinte = texte64(sha(b"maillage/body/v1\0", corps))
    assert empreinte == v["empreinte_corps"], "digest of the body"
    if annonce["len"] != len(corps) or annonce["sha256"] != empreinte:
        raise erreur("body.hash_mismatch")
    contenu = lire_json(corps)
    fiches = contenu.get("jeu") == "ea.dispositif"
    if contenu.get("v") != VERSION:
        raise refus("ref.wrong_version")
    if list(contenu)[0] != "salt" or len(b64(contenu["salt"])) != 16:
        raise refus("schema.invalid")
    (lire_fiches if fiches else lire_tables)(contenu)
    serie = {"dataset": contenu["jeu"], "period": contenu["periode"], "scope": "cdg"}
    if (annonce["media"], contenu["emetteur"], e["series"]) != (MEDIAS[fiches], e["iss"], serie):
        raise refus("schema.series_mismatch")


def lire_tables(contenu):
    membres(contenu, CORPS + ("territoires", "audiences"))
    for t in contenu["territoires"]:
        membres(t, ("niveau", "code"), ("nom", "parent"))
        personne(t["code"], t.get("nom", ""))
    declares = {(t["niveau"], t["code"]) for t in contenu["territoires"]}
    for audience in contenu["audiences"]:
        membres(audience, ("politique", "cellules"), ("fiches",))
        membres(audience["politique"], POLITIQUE)
        for c in audience["cellules"]:
            membres(c, ("indicateur", "niveau", "territoire", "statut"), ("ventilation", "valeur"))
            if ("valeur" in c) != (c["statut"] in VISIBLES):
                raise refus("schema.invalid")
            if (c["niveau"], c["territoire"]) not in declares:
                raise refus("ref.unknown_code")
            personne(c["indicateur"], *c.get("ventilation", {}), *c.get("ventilation", {}).values())
        for f in audience.get("fiches", []):
            membres(f, ("liste", "cle", "champs"))
            personne(f["liste"], f["cle"], *f["champs"], *f["champs"].values())


def lire_fiches(contenu):
    membres(contenu, CORPS + ("dispositifs",))
    for d in contenu["dispositifs"]:
        membres(d, DISPOSITIF, DISPOSITIF_FACULTATIF)
        personne(d.get("nom", ""), d["statut"], d.get("region", ""), *d["structures"])


def personne(*textes):
    if any(forme.search(texte) for forme in PERSONNES for texte in textes):
        raise refus("pii.suspected")


# --- verdicts by nature ---------------------------------------------------------------------------


def publication(v, cle):
    e, empreinte = lire_enveloppe(v, cle)
    lire_corps(v, e)
    if v["nature"] == "chaine":
        placer(e, empreinte, v["connu"])


def placer(e, empreinte, connu):
    """Where the entry stands in the chain that the hub already holds."""
    deja = connu["a_cette_place"]
    if deja not in (None, empreinte):
        raise erreur("chain.fork")
    if deja is None and e["seq"] != connu["seq"] + 1:
        raise erreur("chain.gap")
    if deja is None and e["prev"] != (connu["tete"] or "0"):
        raise erreur("chain.fork")
    if connu["revision"] is not None and connu["revision"] >= e["rev"]:
        raise refus("rev.not_greater")


ACCUSE = ("v", "iss", "node", "seq", "env", "status", "reasons", "counts", "log_epoch", "leaf", "received_at")


def accuse(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-accuse+jws", cle, "receipt.invalid", ACCUSE)
    if lu["v"] != VERSION:
        raise erreur("receipt.invalid")


def tete(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-tete+jws", cle, "head.invalid", ("node", "log_epoch", "seq", "digest", "kid"))
    if lu["node"] != v["noeud"] or (lu["seq"] == 0) != (lu["digest"] is None):
        raise erreur("head.invalid")


TROUSSEAU = ("v", "iss", "receipts", "log", "issued_at")


def trousseau(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-cles+jws", cle, "keys.invalid", TROUSSEAU, ("reference", "successions"))
    cles = [lu[usage] for usage in ("receipts", "log", "reference") if usage in lu]
    if (lu["v"], lu["iss"]) != (VERSION, v["hub"]) or len(set(cles)) != len(cles):
        raise erreur("keys.invalid")


SUCCESSION = ("v", "iss", "purpose", "from", "to", "announced_at", "effective_from")


def succession(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-succession+jws", cle, "succession.invalid", SUCCESSION)
    sienne = (lu["v"], lu["iss"]) == (VERSION, v["hub"]) and kid(lire_cle(lu["from"])) == kid(cle)
    if not sienne or lu["to"] == lu["from"] or lu["effective_from"] < lu["announced_at"]:
        raise erreur("succession.invalid")


MANIFESTE, PARTIE = ("v", "iss", "version", "issued", "valid_until", "parts"), ("name", "semver", "sha256", "len")


def manifeste(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-manifeste+jws", cle, "manifest.invalid", MANIFESTE)
    try:
        for partie in lu["parts"]:
            membres(partie, PARTIE)
    except Refus as cause:
        raise erreur("manifest.invalid") from cause
    noms = {(p["name"], p["semver"]) for p in lu["parts"]}
    grosse = any(p["len"] > 1024 * 1024 for p in lu["parts"])
    if (lu["v"], lu["iss"]) != (VERSION, v["hub"]) or lu["valid_until"] <= lu["issued"]:
        raise erreur("manifest.invalid")
    if len(noms) != len(lu["parts"]) or len(noms) > 200 or grosse:
        raise erreur("manifest.invalid")


def article_tient(article):
    membres(article, ("key",), ("benchmark", "practice"))
    repere = article.get("benchmark")
    if repere is None:
        return bool(article["key"])
    membres(repere, ("campaign", "indicator", "contributors", "q1", "median", "q3"))
    quartiles = [Decimal(repere[q]) for q in ("q1", "median", "q3")]
    return "practice" not in article and repere["contributors"] >= 5 and quartiles == sorted(quartiles)


def fil(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-fil+jws", cle, "feed.invalid", ("v", "iss", "epoch", "from", "items", "next"))
    suite = f"{lu['epoch']}.{lu['from'] + len(lu['items'])}"
    if (lu["v"], lu["iss"]) != (VERSION, v["hub"]) or lu["next"] not in ([None, suite] if lu["items"] else [None]):
        raise erreur("feed.invalid")
    if not all(article_tient(article) for article in lu["items"]):
        raise erreur("feed.invalid")


RESTAURATION = ("v", "iss", "from_epoch", "to_epoch", "size", "root", "restored_at")


def restauration(v, cle):
    lu = jeton_du_hub(v["jeton"], "maillage-restauration+jws", cle, "restore.invalid", RESTAURATION)
    if (lu["v"], lu["iss"], lu["to_epoch"]) != (VERSION, v["hub"], lu["from_epoch"] + 1):
        raise erreur("restore.invalid")


PREUVE = ("iss", "sub", "aud", "iat", "exp", "jti", "htm", "htu", "bsh")


def preuve(v, cle):
    schema, _, texte = v["jeton"].partition(" ")
    lu = jeton_du_hub(texte, "maillage-preuve+jwt", cle, "auth.proof_invalid", PREUVE, ("bln",))
    requete = v["requete"]
    demande = (requete["methode"], requete["uri"], texte64(sha(b64(v["corps"]))))
    if schema != "Maillage-Preuve" or lu["iss"] != lu["sub"] or lu["aud"] != v["hub"]:
        raise erreur("auth.proof_invalid")
    if lu["iss"] != v["noeud"]:
        raise erreur("auth.wrong_node")
    # The length of the body, when it is said: a hub decompresses no further.
    if lu.get("bln", len(b64(v["corps"]))) != len(b64(v["corps"])):
        raise erreur("auth.proof_invalid")
    if (lu["htm"], lu["htu"], lu["bsh"]) != demande or not 16 <= len(lu["jti"]) <= 64:
        raise erreur("auth.proof_invalid")
    if not 1 <= lu["exp"] - lu["iat"] <= VIE_MAXIMALE:
        raise erreur("auth.proof_invalid")
    maintenant = datetime.fromisoformat(requete["maintenant"].replace("Z", "+00:00")).timestamp()
    if abs(maintenant - lu["iat"]) > FENETRE:
        raise erreur("clock.skew")


# --- register (RFC 6962, C2SP checkpoint) ---------------------------------------------------------


def lire_point(texte, hub, cle):
    """Size, root and incarnation of a checkpoint signed by the key of this hub's register."""
    corps, vide, signatures = texte.partition("\n\n")
    corps += "\n"
    lignes = corps.split("\n")
    nom = hub.partition("://")[2].rstrip("/")
    lu, _, epoque = lignes[0].rpartition("/")
    if not vide or len(lignes) != 4 or lu != nom or not epoque.isdigit():
        raise Refus("registre:point_invalide")
    identifiant = sha(lignes[0].encode() + b"\n\x01" + cle)[:4]
    for ligne in signatures.splitlines():
        debut = f"— {lignes[0]} "
        octets = base64.b64decode(ligne[len(debut) :]) if ligne.startswith(debut) else b""
        if octets[:4] == identifiant and signature_tient(cle, corps.encode(), octets[4:]):
            return int(lignes[1]), base64.b64decode(lignes[2]), int(epoque)
    raise Refus("registre:point_invalide")


def noeud(gauche, droite):
    return sha(b"\x01", gauche, droite)


def racine_par_inclusion(feuille, rang, taille, chemin):
    """RFC 9162 §2.1.3.2."""
    fn, sn, r = rang, taille - 1, feuille
    for p in chemin:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = noeud(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = noeud(r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def racines_par_coherence(ancienne, taille, racine, chemin):
    """RFC 9162 §2.1.4.2: the two roots that the path leads to."""
    chemin = list(chemin)
    if ancienne & (ancienne - 1) == 0:
        chemin.insert(0, racine)
    if not chemin:
        return None
    fn, sn = ancienne - 1, taille - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = chemin[0]
    for c in chemin[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr, sr = noeud(c, fr), noeud(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = noeud(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) if sn == 0 else None


def point(v, cle):
    lire_point(v["registre"]["point"], v["hub"], cle)


def inclusion(v, cle):
    taille, racine, _ = lire_point(v["registre"]["point"], v["hub"], cle)
    p = v["registre"]["inclusion"]
    feuille = sha(b"\0", b64(v["empreinte"]), sha(v["jeton"].encode()))
    chemin = [b64(h) for h in p["path"]]
    calculee = racine_par_inclusion(feuille, p["leaf"], p["size"], chemin)
    if p["size"] != taille or p["leaf"] >= taille or len(chemin) > PREUVE_MAXIMALE or calculee != racine:
        raise Refus("registre:preuve_fausse")


def coherence(v, cle):
    ancienne, racine_ancienne, epoque = lire_point(v["registre"]["ancien"], v["hub"], cle)
    taille, racine, _ = lire_point(v["registre"]["point"], v["hub"], cle)
    if taille < ancienne:
        raise Refus("registre:recul")
    if taille == ancienne:
        if racine != racine_ancienne:
            raise Refus("registre:reecriture")
        return
    p = v["registre"].get("coherence")
    if p is None or (p["epoch"], p["from"], p["to"]) != (epoque, ancienne, taille):
        raise Refus("registre:preuve_fausse")
    chemin = [b64(h) for h in p["path"]]
    racines = racines_par_coherence(ancienne, taille, racine_ancienne, chemin)
    if len(chemin) > PREUVE_MAXIMALE or racines != (racine_ancienne, racine):
        raise Refus("registre:reecriture")


NATURES = {
    "publication": publication,
    "chaine": publication,
    "entree": lire_enveloppe,
    "accuse": accuse,
    "tete": tete,
    "preuve": preuve,
    "trousseau": trousseau,
    "restauration": restauration,
    "manifeste": manifeste,
    "fil": fil,
    "succession": succession,
    "cle": lambda v, cle: None,
    "point": point,
    "inclusion": inclusion,
    "coherence": coherence,
}


def juger(v):
    try:
        NATURES[v["nature"]](v, lire_cle(v["cle"]))
    except Refus as verdict:
        return str(verdict)
    return "acceptee"


def main(dossier):
    fichiers = sorted(f for f in Path(dossier).rglob("*.json") if f.name != "refus.json")
    ecarts = 0
    for fichier in fichiers:
        vecteur = json.loads(fichier.read_text(encoding="utf-8"))
        verdict = juger(vecteur)
        if verdict != vecteur["verdict"]:
            ecarts += 1
            print(f"{fichier.relative_to(dossier)}: {verdict}, frozen as {vecteur['verdict']}")
    print(f"{len(fichiers)} vectors, {ecarts} disagreements")
    return 1 if ecarts or not fichiers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
