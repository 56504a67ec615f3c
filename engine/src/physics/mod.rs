//! Circles that collide.
