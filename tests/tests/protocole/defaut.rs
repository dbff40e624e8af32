//! The bugs that may be planted in the machines of this folder, one at a time (publication protocol, §4.3).
//! They exist here only: nothing of the product can be told to misbehave.

/// A planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaut {
    /// The hub records a known envelope again.
    SansDedup,
    /// The node saves the feed's cursor before it applied the page.
    CurseurAvantApplication,
    /// The hub refuses a content whose `created_at` is far from its clock.
    RefusPourDecalage,
    /// A refused content does not consume its position.
    RefusBloque,
    /// The hub remembers what it received in memory only.
    DedupEnMemoire,
    /// The hub answers before it commits.
    AccuseAvantCommit,
    /// The node takes a receipt for its position, whatever envelope it answers.
    AccuseParPosition,
    /// The hub stores the receipt in a second transaction.
    AccuseEnSecond,
    /// The node makes the envelope anew at each attempt.
    EnveloppeRefaite,
    /// The node's next position lives in memory.
    PositionEnMemoire,
    /// The hub overwrites an entry by another at its position.
    FourcheIgnoree,
    /// The hub takes entries in the order of their arrival.
    OrdreDArrivee,
    /// The node drops sealed bytes as soon as their receipt has come.
    PurgeALAccuse,
    /// The node changes its key by a call beside the chain.
    RotationHorsChaine,
    /// The node never compares heads.
    SansComparaison,
    /// The hub does not verify signatures.
    SansSignature,
    /// A new incarnation voids every receipt, not only those above the floor.
    EpoqueAnnuleTout,
    /// The node takes receipts of an incarnation that was left.
    AccusePerime,
    /// The node does not ask of which incarnation a checkpoint and its proof are.
    PreuveSansEpoque,
    /// The node does not reopen what the hub lost.
    SansReouverture,
    /// The node counts receipts of an incarnation that was left by its floor alone: what the hub lost and recorded
    /// again before the node heard of it has another receipt.
    PlancherSeul,
    /// The node stops instead of voiding what it sealed on a forgotten history.
    SansAnnulation,
}

impl Defaut {
    /// Those of the protocol's page, in its order.
    pub const DE_LA_PAGE: [Self; 19] = [
        Self::SansDedup,
        Self::CurseurAvantApplication,
        Self::RefusPourDecalage,
        Self::RefusBloque,
        Self::DedupEnMemoire,
        Self::AccuseAvantCommit,
        Self::AccuseParPosition,
        Self::AccuseEnSecond,
        Self::EnveloppeRefaite,
        Self::PositionEnMemoire,
        Self::FourcheIgnoree,
        Self::OrdreDArrivee,
        Self::PurgeALAccuse,
        Self::RotationHorsChaine,
        Self::SansComparaison,
        Self::SansSignature,
        Self::EpoqueAnnuleTout,
        Self::AccusePerime,
        Self::PreuveSansEpoque,
    ];

    /// Others that were thought of since.
    pub const AUTRES: [Self; 3] = [Self::SansReouverture, Self::PlancherSeul, Self::SansAnnulation];
}
