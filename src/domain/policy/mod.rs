//! Who may request what, who approves what, and until when.
