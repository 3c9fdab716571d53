//! Another process holds the store's write lock for longer than anybody waits: a stopped
//! process, a backup that hangs, somebody with `sqlite3` and an open transaction.

use rusqlite::Connection;

use super::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_somebody_holds_acknowledges_nothing_and_heals_when_they_let_go() {
    let server = Server::start().await;
    let other = Connection::open(server.vend.path().join("vend.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    server.must_refuse(1).await;
    server.must_still_be_read().await;
    other.execute_batch("ROLLBACK").unwrap();
    server.must_have_healed().await;
}
