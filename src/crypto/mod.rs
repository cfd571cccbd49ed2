//! The two constructions that everything else is made of. No other module names a hash or a cipher.

pub(crate) mod cobblestone;
pub(crate) mod derive;
