//! CPU time and memory of this process, as the kernel counts them; the clock on the wall where it does not.

use std::time::Instant;

/// Seconds since the last lap.
pub struct Compteur {
    depart: Instant,
    dernier: f64,
}

impl Compteur {
    /// Starts, and forgets the memory used so far.
    pub fn depart() -> Self {
        // Refused in some containers: the peak is then that of all tables measured so far.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let mut compteur = Self { depart: Instant::now(), dernier: 0.0 };
        compteur.tour();
        compteur
    }

    /// CPU seconds since the last call.
    pub fn tour(&mut self) -> f64 {
        let maintenant = processeur().unwrap_or_else(|| self.depart.elapsed().as_secs_f64());
        let duree = maintenant - self.dernier;
        self.dernier = maintenant;
        duree
    }
}

/// Time spent on a processor by this thread.
fn processeur() -> Option<f64> {
    let texte = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(texte.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

/// Most memory used at once, in megabytes.
pub fn memoire_maximale() -> u64 {
    let texte = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ligne = texte.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    ligne.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
