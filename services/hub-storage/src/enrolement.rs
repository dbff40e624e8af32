//! How a node enters the federation and leaves it: one-time invitation, key presented and approved, states,
//! revocation by two administrators. Each act and its line of the journal commit together.

use ::publication::{ClePublique, Empreinte};
use chrono::{DateTime, Utc};
use referentiel::identifiant::IdentifiantNoeud;

use crate::base::{Db, ErreurBase, Tx};
use crate::journal::{self, Fait};
use crate::noeud::{cle_deja_vue, tete, tourne};
use crate::registre::seq_sql;
use crate::valeur::args;

/// Wrong tokens after which an invitation is worth nothing.
pub const ESSAIS: u64 = 5;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EtatNoeud {
    /// Named by the configuration, without a key.
    Enregistre,
    /// Presented a key that nobody approved yet.
    EnAttenteApprobation,
    /// Publishes.
    Actif,
    /// Reads its own history, publishes nothing.
    Suspendu,
    /// As suspended, for a time: the node tries again by itself.
    Maintenance,
    /// Its key is dead; it may be invited again.
    Revoque,
}

impl EtatNoeud {
    /// Every state.
    pub const TOUS: [Self; 6] =
        [Self::Enregistre, Self::EnAttenteApprobation, Self::Actif, Self::Suspendu, Self::Maintenance, Self::Revoque];

    /// Code, as stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Enregistre => "enregistre",
            Self::EnAttenteApprobation => "en_attente_approbation",
            Self::Actif => "actif",
            Self::Suspendu => "suspendu",
            Self::Maintenance => "maintenance",
            Self::Revoque => "revoque",
        }
    }

    /// Words for people.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Enregistre => "enregistré",
            Self::EnAttenteApprobation => "en attente d’approbation",
            Self::Actif => "actif",
            Self::Suspendu => "suspendu",
            Self::Maintenance => "en maintenance",
            Self::Revoque => "révoqué",
        }
    }

    /// States an administrator may move a node to from this one; the others come with a key.
    pub fn admet(self, vers: Self) -> bool {
        matches!(
            (self, vers),
            (Self::Actif, Self::Suspendu | Self::Maintenance)
                | (Self::Suspendu | Self::Maintenance, Self::Actif)
                | (Self::Maintenance, Self::Suspendu)
        )
    }
}

/// What a presented token was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presentation {
    /// The key waits for approval.
    Recue,
    /// No invitation, or one used, expired or tried too often; or the wrong token.
    Refusee,
}

/// What asking for a revocation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// Another administrator must confirm.
    Demandee,
    /// The key is dead after the node's last entry.
    Faite,
    /// The one who asked cannot confirm.
    MemeAdministrateur,
}

/// A node as administrators read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// Node.
    pub noeud: IdentifiantNoeud,
    /// Name of the centre.
    pub nom: String,
    /// Where it stands.
    pub etat: EtatNoeud,
    /// The key in force.
    pub cle: Option<ClePublique>,
    /// The key that waits to be approved.
    pub presentee: Option<ClePublique>,
    /// When the register last took something of it.
    pub dernier_envoi: Option<DateTime<Utc>>,
    /// Who asked for its revocation.
    pub revocation: Option<String>,
}

/// All nodes, by name, in one statement.
pub async fn situations(db: &Db) -> Result<Vec<Situation>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* noeud.situations */ SELECT n.identifiant, n.nom, n.etat, c.cle, e.cle,
             (SELECT MAX(p.recu_le) FROM publication p WHERE p.noeud = n.identifiant), r.demandee_par
             FROM noeud n LEFT JOIN cle c ON c.noeud = n.identifiant AND c.jusqua_seq IS NULL
             LEFT JOIN cle_presentee e ON e.noeud = n.identifiant
             LEFT JOIN revocation r ON r.noeud = n.identifiant ORDER BY n.nom, n.identifiant",
            args![],
        )
        .await?;
    let cle = |texte: Option<String>, rang| {
        texte.map(|t| t.parse().map_err(|_| ErreurBase::ValeurIllisible(rang))).transpose()
    };
    let lit = |l: &crate::ligne::Row| {
        Ok(Situation {
            noeud: l.text(0)?.parse().map_err(|_| ErreurBase::ValeurIllisible(0))?,
            nom: l.text(1)?,
            etat: lit_etat(&l.text(2)?)?,
            cle: cle(l.opt_text(3)?, 3)?,
            presentee: cle(l.opt_text(4)?, 4)?,
            dernier_envoi: l.opt_ts(5)?,
            revocation: l.opt_text(6)?,
        })
    };
    lignes.iter().map(lit).collect()
}

/// State of a node; none when it is not known.
pub async fn etat(db: &Db, noeud: &str) -> Result<Option<EtatNoeud>, ErreurBase> {
    let ligne = db.ligne("/* noeud.etat */ SELECT etat FROM noeud WHERE identifiant = $1", args![noeud]).await?;
    ligne.map(|l| lit_etat(&l.text(0)?)).transpose()
}

fn lit_etat(code: &str) -> Result<EtatNoeud, ErreurBase> {
    EtatNoeud::TOUS.into_iter().find(|e| e.code() == code).ok_or(ErreurBase::ValeurIllisible(0))
}

/// Moves a node; false when it is not in a state that allows it.
pub async fn passe(db: &Db, noeud: &IdentifiantNoeud, vers: EtatNoeud, fait: &Fait) -> Result<bool, ErreurBase> {
    let Some(present) = etat(db, noeud.as_str()).await? else { return Ok(false) };
    if !present.admet(vers) {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    let passes = tx
        .execute(
            "/* noeud.passe */ UPDATE noeud SET etat = $2 WHERE identifiant = $1 AND etat = $3",
            args![noeud.as_str(), vers.code(), present.code()],
        )
        .await?;
    if passes == 1 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(passes == 1)
}

/// Invites a node; the last invitation is worth nothing any more.
pub async fn invite(
    db: &Db,
    noeud: &IdentifiantNoeud,
    condense: Empreinte,
    expire_le: DateTime<Utc>,
    fait: &Fait,
) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* invitation.remplace */ DELETE FROM invitation WHERE noeud = $1", args![noeud.as_str()]).await?;
    tx.execute(
        "/* invitation.cree */ INSERT INTO invitation (noeud, condense, cree_le, expire_le) VALUES ($1, $2, $3, $4)",
        args![noeud.as_str(), condense.to_string(), fait.moment, expire_le],
    )
    .await?;
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await
}

/// Takes a key presented with a token. A wrong token counts; everything else is refused alike.
pub async fn presente(
    db: &Db,
    noeud: &IdentifiantNoeud,
    condense: Empreinte,
    cle: &ClePublique,
    fait: impl Fn(Presentation) -> Fait,
) -> Result<Presentation, ErreurBase> {
    let mut tx = db.begin().await?;
    // The try is counted first: two at once cannot share the last one.
    let ligne = tx
        .ligne(
            "/* invitation.essaie */ UPDATE invitation SET essais = essais + 1 WHERE noeud = $1
             RETURNING condense, expire_le, essais, utilisee_le",
            args![noeud.as_str()],
        )
        .await?;
    let moment = fait(Presentation::Refusee).moment;
    let vaut = match ligne {
        None => false,
        Some(l) => {
            l.text(0)? == condense.to_string()
                && moment < l.ts(1)?
                && l.int(2)?.unsigned_abs() <= ESSAIS
                && l.opt_ts(3)?.is_none()
        }
    };
    // A key that was ever the node's own cannot come back: it may be the one that was stolen.
    let issue = if vaut && !cle_deja_vue(&mut tx, noeud.as_str(), &cle.kid()).await? {
        retient(&mut tx, noeud, cle, moment).await?;
        Presentation::Recue
    } else {
        Presentation::Refusee
    };
    journal::inscrit(&mut tx, &fait(issue)).await?;
    tx.commit().await?;
    Ok(issue)
}

async fn retient(
    tx: &mut Tx,
    noeud: &IdentifiantNoeud,
    cle: &ClePublique,
    moment: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let noeud = noeud.as_str();
    tx.execute("/* invitation.use */ UPDATE invitation SET utilisee_le = $2 WHERE noeud = $1", args![noeud, moment])
        .await?;
    tx.execute(
        "/* cle_presentee.garde */ INSERT INTO cle_presentee (noeud, cle, presentee_le) VALUES ($1, $2, $3)
         ON CONFLICT (noeud) DO UPDATE SET cle = excluded.cle, presentee_le = excluded.presentee_le",
        args![noeud, cle.to_string(), moment],
    )
    .await?;
    // A node at work that lost its key stays in its state: only the approval changes the key in force.
    tx.execute(
        "/* noeud.attend */ UPDATE noeud SET etat = 'en_attente_approbation'
         WHERE identifiant = $1 AND etat IN ('enregistre', 'revoque')",
        args![noeud],
    )
    .await?;
    Ok(())
}

/// The key a node presented.
pub async fn presentee(db: &Db, noeud: &IdentifiantNoeud) -> Result<Option<ClePublique>, ErreurBase> {
    let sql = "/* cle_presentee.lit */ SELECT cle FROM cle_presentee WHERE noeud = $1";
    let ligne = db.ligne(sql, args![noeud.as_str()]).await?;
    ligne.map(|l| l.text(0)?.parse().map_err(|_| ErreurBase::ValeurIllisible(0))).transpose()
}

/// Puts the presented key in force after the node's last entry; false when another was presented meanwhile.
pub async fn approuve(db: &Db, noeud: &IdentifiantNoeud, cle: &ClePublique, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let prise = tx
        .execute(
            "/* cle_presentee.prend */ DELETE FROM cle_presentee WHERE noeud = $1 AND cle = $2",
            args![noeud.as_str(), cle.to_string()],
        )
        .await?;
    if prise != 1 {
        return Ok(false);
    }
    let derniere = ferme_la_cle(&mut tx, noeud.as_str()).await?;
    tourne(&mut tx, noeud.as_str(), derniere, cle).await?;
    tx.execute("/* noeud.actif */ UPDATE noeud SET etat = 'actif' WHERE identifiant = $1", args![noeud.as_str()])
        .await?;
    tx.execute("/* revocation.oublie */ DELETE FROM revocation WHERE noeud = $1", args![noeud.as_str()]).await?;
    journal::inscrit(&mut tx, fait).await?;
    tx.commit().await?;
    Ok(true)
}

/// Asks for a revocation, or confirms the one that another administrator asked for.
pub async fn revoque(
    db: &Db,
    noeud: &IdentifiantNoeud,
    par: &str,
    fait: impl Fn(&Revocation) -> Fait,
) -> Result<Revocation, ErreurBase> {
    let mut tx = db.begin().await?;
    let noeud = noeud.as_str();
    let sql = "/* revocation.lit */ SELECT demandee_par FROM revocation WHERE noeud = $1";
    let demandee = tx.ligne(sql, args![noeud]).await?.map(|l| l.text(0)).transpose()?;
    let issue = match demandee {
        Some(autre) if autre == par => return Ok(Revocation::MemeAdministrateur),
        Some(_) => {
            ferme_la_cle(&mut tx, noeud).await?;
            tx.execute("/* noeud.revoque */ UPDATE noeud SET etat = 'revoque' WHERE identifiant = $1", args![noeud])
                .await?;
            for table in ["revocation", "invitation", "cle_presentee"] {
                let sql = format!("/* {table}.efface */ DELETE FROM {table} WHERE noeud = $1");
                tx.execute(sqlx::AssertSqlSafe(sql), args![noeud]).await?;
            }
            Revocation::Faite
        }
        None => {
            let moment = fait(&Revocation::Demandee).moment;
            tx.execute(
                "/* revocation.demande */ INSERT INTO revocation (noeud, demandee_par, demandee_le) VALUES ($1, $2, $3)",
                args![noeud, par, moment],
            )
            .await?;
            Revocation::Demandee
        }
    };
    journal::inscrit(&mut tx, &fait(&issue)).await?;
    tx.commit().await?;
    Ok(issue)
}

/// Ends the key in force after the node's last entry, and gives that position. A key that never signed
/// anything has no history to keep: it simply goes.
async fn ferme_la_cle(tx: &mut Tx, noeud: &str) -> Result<u64, ErreurBase> {
    let derniere = tete(tx, noeud).await?;
    tx.execute(
        "/* cle.retire */ DELETE FROM cle WHERE noeud = $1 AND depuis_seq > $2",
        args![noeud, seq_sql(derniere)],
    )
    .await?;
    tx.execute(
        "/* cle.ferme */ UPDATE cle SET jusqua_seq = $2 WHERE noeud = $1 AND jusqua_seq IS NULL",
        args![noeud, seq_sql(derniere)],
    )
    .await?;
    Ok(derniere)
}
