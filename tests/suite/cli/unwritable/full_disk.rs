//! The server's files may not grow any more, as on a full disk or under a quota. The
//! limit is the kernel's own.

use std::process::Command;

use super::Server;

impl Server {
    /// No file of the server grows beyond this size from now on; `unlimited` is a size.
    fn limit(&self, size: &str) {
        let pid = self.served.id().to_string();
        let limit = format!("--fsize={size}:unlimited");
        let status = Command::new("prlimit").args(["--pid", &pid, &limit]).status().expect("prlimit, of util-linux");
        assert!(status.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_grow_acknowledges_nothing_and_heals_without_a_restart() {
    let server = Server::start().await;
    server.limit("4096");
    for nth in 1..4 {
        server.must_refuse(nth).await;
    }
    server.must_still_be_read().await;
    server.limit("unlimited");
    server.must_have_healed().await;
}
