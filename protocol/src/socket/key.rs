use serde::de::{Deserializer, Error as _, Visitor};
use serde_json::Error;

/// The key of a member, as a string literal. JSON has only strings as keys, and so numbers and
/// booleans are read out of the string.
pub(super) struct Key<'de>(pub(super) &'de str);

macro_rules! unquoted {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let key = self.0.trim_matches('"');
            if key.trim() != key {
                return Err(Error::custom("white space in a key that is no string"));
            }
            let mut inside = serde_json::Deserializer::from_str(key);
            let value = inside.$method(visitor)?;
            inside.end()?;
            Ok(value)
        })*
    };
}

macro_rules! quoted {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $($name: $type,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            serde_json::Deserializer::from_str(self.0).$method($($name,)* visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    unquoted! {
        deserialize_bool
        deserialize_i8
        deserialize_i16
        deserialize_i32
        deserialize_i64
        deserialize_i128
        deserialize_u8
        deserialize_u16
        deserialize_u32
        deserialize_u64
        deserialize_u128
        deserialize_f32
        deserialize_f64
    }

    quoted! {
        deserialize_any();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
