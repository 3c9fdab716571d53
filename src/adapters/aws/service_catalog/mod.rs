//! Account Factory through AWS Service Catalog, with look-ups in AWS Organizations.
