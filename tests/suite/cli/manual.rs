//! `docs/cli.md` holds every command's own help, word for word.

use super::run::Vend;

const COMMANDS: &[&str] = &[
    "",
    "serve",
    "chat",
    "requests",
    "requests list",
    "requests show",
    "requests watch",
    "requests create",
    "requests approve",
    "requests deny",
    "requests cancel",
    "requests retry",
    "requests rollback",
    "requests artefacts",
    "doctor",
    "blueprints",
    "blueprints list",
    "blueprints show",
    "blueprints check",
    "blueprints portfolio",
    "bot",
    "bot check",
    "bot render",
    "policy check",
    "approvers",
    "approvers sync",
    "approvers confirm",
    "cdk-app",
    "cdk-app check",
    "cdk-app add",
    "store",
    "store create",
    "audit",
    "audit verify",
    "audit export",
    "config",
    "config check",
    "config show",
    "config sample",
    "tokens new",
];

#[test]
fn the_manual_holds_the_help_of_every_command() {
    let manual = include_str!("../../../docs/cli.md");
    let vend = Vend::new(&[]);
    let section = |command: &&str| {
        let help = vend.run(&[&command.split_whitespace().collect::<Vec<_>>()[..], &["--help"]].concat()).with_code(0);
        format!("## `{}`\n\n```text\n{}\n```\n", format!("vend {command}").trim(), help.out.trim_end())
    };
    let missing: Vec<_> = COMMANDS.iter().map(section).filter(|section| !manual.contains(section)).collect();
    assert!(missing.is_empty(), "docs/cli.md lacks these sections:\n{}", missing.join("\n"));
}

#[test]
fn the_manual_and_the_help_know_the_same_exit_codes() {
    let help = Vend::new(&[]).run(&["--help"]).with_code(0).out;
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let rows: Vec<String> = codes
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(n, is)| format!("| {n} | {is} |"))
        .collect();
    assert_eq!(rows.len(), 8, "{codes}");
    let manual = include_str!("../../../docs/cli.md");
    let (_, table) = manual.split_once("## Exit codes\n").unwrap();
    let table: Vec<&str> = table.lines().skip_while(|line| !line.starts_with("|---")).skip(1).collect();
    assert_eq!(table[..rows.len()], rows);
    assert_eq!(table[rows.len()], "", "a code that the help does not tell");
}
