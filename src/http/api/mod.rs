//! REST for programs: /api/v1 and POST /account.
