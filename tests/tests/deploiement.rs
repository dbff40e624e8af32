//! What operators install agrees with what is built: units run programs of ours with commands that exist, and stay
//! closed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

use maillage_tests::terrain::programmes;

/// What a unit never goes without.
const FERMETURES: &[&str] = &[
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateDevices=yes",
    "CapabilityBoundingSet=",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service",
    "UMask=0077",
    "StateDirectoryMode=0700",
];

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy")
}

#[test]
fn units_run_programs_and_commands_that_exist_as_somebody_who_can_do_nothing_else() {
    for nom in ["hub", "node"] {
        let unite = fs::read_to_string(deploy().join(format!("systemd/maillage-{nom}.service"))).unwrap();
        for fermeture in FERMETURES {
            assert!(unite.lines().any(|l| l == *fermeture), "{nom}: {fermeture}");
        }
        assert!(unite.contains(&format!("User=maillage-{nom}\n")));
        for ligne in unite.lines().filter(|l| l.starts_with("ExecStart")) {
            let mots: Vec<&str> = ligne.split_once('=').unwrap().1.split(' ').collect();
            let [programme, "--configuration", fichier, commande @ ..] = mots.as_slice() else {
                unreachable!("{ligne}")
            };
            assert_eq!(*fichier, format!("/etc/maillage/{nom}.toml"));
            let programme = programmes().unwrap().join(programme.strip_prefix("/usr/bin/").unwrap());
            let aide = std::process::Command::new(programme).args(commande).arg("--help").output().unwrap();
            assert!(aide.status.success(), "{ligne}: {}", String::from_utf8_lossy(&aide.stderr));
        }
    }
}
