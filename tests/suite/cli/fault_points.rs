//! Fault points are for the crash test alone: a binary built as it ships has none.

#[test]
fn only_a_binary_built_for_the_crash_test_can_be_told_to_kill_itself() {
    let binary = std::fs::read(env!("CARGO_BIN_EXE_vend")).expect("the binary can be read");
    for switch in ["VEND_FAULT_POINT", "VEND_FAULT_ACTION"] {
        let found = binary.windows(switch.len()).any(|window| window == switch.as_bytes());
        assert_eq!(found, cfg!(feature = "fault-points"), "{switch} in the binary");
    }
}
