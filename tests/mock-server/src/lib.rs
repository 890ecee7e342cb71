//! A mock update server.
