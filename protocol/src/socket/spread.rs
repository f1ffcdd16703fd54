use std::io;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;
use serde_json::ser::Formatter;

use super::placeholder;
use crate::Outgoing;

type Json<'a, 'b> = &'a mut serde_json::Serializer<&'b mut Vec<u8>, Detach<'b>>;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// No argument, and no text.
    Nothing,
    /// One argument.
    Value,
    /// An array of the arguments.
    Array,
}

/// Writes a value as the arguments of an event: the elements of a tuple are several, and anything
/// else is one. All else is left to `serde_json`.
pub(super) struct Spread<'a, 'b>(pub(super) Json<'a, 'b>);

macro_rules! one_value {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method(self, $($name: $type),*) -> Result<Shape, Error> {
            self.0.$method($($name),*)?;
            Ok(Shape::Value)
        })*
    };
}

macro_rules! several_values {
    ($($method:ident($($name:ident: $type:ty),*) -> $compound:ident;)*) => {
        $(fn $method(self, $($name: $type),*) -> Result<Self::$compound, Error> {
            self.0.$method($($name),*).map(|inner| Within(inner, Shape::Value))
        })*
    };
}

impl<'a, 'b> Serializer for Spread<'a, 'b> {
    type Ok = Shape;
    type Error = Error;
    type SerializeSeq = Within<<Json<'a, 'b> as Serializer>::SerializeSeq>;
    type SerializeTuple = Within<<Json<'a, 'b> as Serializer>::SerializeTuple>;
    type SerializeTupleStruct = Within<<Json<'a, 'b> as Serializer>::SerializeTupleStruct>;
    type SerializeTupleVariant = Within<<Json<'a, 'b> as Serializer>::SerializeTupleVariant>;
    type SerializeMap = Within<<Json<'a, 'b> as Serializer>::SerializeMap>;
    type SerializeStruct = Within<<Json<'a, 'b> as Serializer>::SerializeStruct>;
    type SerializeStructVariant = Within<<Json<'a, 'b> as Serializer>::SerializeStructVariant>;

    fn serialize_unit(self) -> Result<Shape, Error> {
        Ok(Shape::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Shape, Error> {
        value.serialize(self)
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, Error> {
        self.0
            .serialize_tuple(len)
            .map(|inner| Within(inner, Shape::Array))
    }

    one_value! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    several_values! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(
            name: &'static str, index: u32, variant: &'static str, len: usize
        ) -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(
            name: &'static str, index: u32, variant: &'static str, len: usize
        ) -> SerializeStructVariant;
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Shape, Error> {
        self.0.serialize_newtype_struct(name, value)?;
        Ok(Shape::Value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Shape, Error> {
        self.0
            .serialize_newtype_variant(name, index, variant, value)?;
        Ok(Shape::Value)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<Shape, Error> {
        self.0.collect_str(value)?;
        Ok(Shape::Value)
    }
}

/// An array or object that is being written, and what it will turn out to be.
pub(super) struct Within<C>(C, Shape);

macro_rules! elements {
    ($($trait:ident::$method:ident;)*) => {
        $(impl<C: $trait<Ok = (), Error = Error>> $trait for Within<C> {
            type Ok = Shape;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.0.$method(value)
            }

            fn end(self) -> Result<Shape, Error> {
                self.0.end()?;
                Ok(self.1)
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($trait:ident;)*) => {
        $(impl<C: $trait<Ok = (), Error = Error>> $trait for Within<C> {
            type Ok = Shape;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.0.serialize_field(key, value)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), Error> {
                self.0.skip_field(key)
            }

            fn end(self) -> Result<Shape, Error> {
                self.0.end()?;
                Ok(self.1)
            }
        })*
    };
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<C: SerializeMap<Ok = (), Error = Error>> SerializeMap for Within<C> {
    type Ok = Shape;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.0.serialize_value(value)
    }

    fn end(self) -> Result<Shape, Error> {
        self.0.end()?;
        Ok(self.1)
    }
}

/// Formats JSON without spaces, and takes bytes out of it.
pub(super) struct Detach<'a>(pub(super) &'a mut Vec<Outgoing>);

impl Formatter for Detach<'_> {
    fn write_byte_array<W>(&mut self, writer: &mut W, value: &[u8]) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let num = self.0.len();
        self.0.push(Outgoing::binary(value));
        writer.write_all(placeholder::written(num).as_bytes())
    }
}
