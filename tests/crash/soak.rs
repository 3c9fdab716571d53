//! Kills from outside at any moment, not only at named points: within a write, within
//! a start, within an answer. Seeded, so that a run can be repeated roughly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::installation::{Installation, PAUSE};
use crate::rest;

/// Requests under way at a time.
const AT_ONCE: usize = 10;
/// A server lives for between 50 ms and this long.
const LONGEST_LIFE: u64 = 1500;

/// Kills `kills` times while one set of requests after the other is worked through.
pub async fn run(kills: u32, seed: u64) {
    // A slow factory, so that the kills meet operations under way.
    let installation = Arc::new(Installation::new(&[("VEND_SIMULATOR__ACCOUNT_SECONDS", "1")], None));
    let over = Arc::new(AtomicBool::new(false));
    let mut server = installation.start().await;
    let killer = tokio::spawn(kill_at_random(Arc::clone(&installation), kills, seed, Arc::clone(&over)));
    let mut root_emails: Vec<String> = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let begun = root_emails.len();
        root_emails.extend((begun..begun + AT_ONCE).map(|nth| format!("soak-{nth}{}@corp.example", trouble(nth))));
        let now: Vec<_> = root_emails[begun..].iter().map(String::as_str).collect();
        let ids = rest::ask_and_approve(&installation, &mut server, &now).await;
        for id in &ids {
            rest::until_ready(&installation, &mut server, id).await;
        }
        println!("{} requests ready, {} kills", root_emails.len(), installation.interruptions());
    }
    killer.await.unwrap();
    installation.until_told(&mut server, root_emails.len()).await;
    server.child.kill().await.unwrap();
    let canaries: Vec<_> = root_emails.iter().map(String::as_str).collect();
    installation.check(&format!("soak with seed {seed}"), root_emails.len(), &canaries).await;
    assert!(installation.interruptions() >= kills, "{} of {kills} kills", installation.interruptions());
}

/// Every fifth request meets trouble of its own.
const fn trouble(nth: usize) -> &'static str {
    match nth % 5 {
        3 => "+fail-busy",
        4 => "+fail-blueprint",
        _ => "",
    }
}

async fn kill_at_random(installation: Arc<Installation>, kills: u32, mut seed: u64, over: Arc<AtomicBool>) {
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(50 + next(&mut seed) % LONGEST_LIFE)).await;
        while !installation.kill_the_running_one() {
            tokio::time::sleep(PAUSE).await;
        }
    }
    over.store(true, Ordering::SeqCst);
}

/// `SplitMix64`: <https://prng.di.unimi.it/splitmix64.c>
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
