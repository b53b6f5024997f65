namespace DiffSharp

open System

/// A number or boolean of any .NET type, as an operand next to a tensor.
type scalar = System.IConvertible

/// Conversions of scalars, and the result types of operations on a tensor and a scalar.
[<AutoOpen>]
module ScalarExtensions =
    type System.IConvertible with

        /// The value as a 32-bit float.
        member inline x.toSingle() = x.ToSingle(null)
        /// The value as a 64-bit float.
        member inline x.toDouble() = x.ToDouble(null)
        /// The value as a 64-bit integer.
        member inline x.toInt64() = x.ToInt64(null)
        /// The value as a 32-bit integer.
        member inline x.toInt32() = x.ToInt32(null)
        /// The value as a 16-bit integer.
        member inline x.toInt16() = x.ToInt16(null)
        /// The value as a signed 8-bit integer.
        member inline x.toSByte() = x.ToSByte(null)
        /// The value as an unsigned 8-bit integer.
        member inline x.toByte() = x.ToByte(null)
        /// Whether the value, as an integer, is not zero.
        member inline x.toBool() = x.toInt32 () <> 0
        /// The difference of two scalars, in double precision.
        member inline x.sub(y: scalar) : scalar = (x.toDouble () - y.toDouble ()) :> scalar
        /// The natural logarithm, in double precision.
        member inline x.log() : scalar = x.toDouble () |> log :> scalar
        /// The negated value, in double precision.
        member inline x.neg() : scalar = -x.toDouble() :> scalar

        /// The element type that corresponds to the scalar's .NET type.
        member inline x.dtype =
            match x.GetTypeCode() with
            | TypeCode.Double -> Dtype.Float64
            | TypeCode.Single -> Dtype.Float32
            | TypeCode.Int32 -> Dtype.Int32
            | TypeCode.Int64 -> Dtype.Int64
            | TypeCode.SByte -> Dtype.Int8
            | TypeCode.Byte -> Dtype.Byte
            | TypeCode.Int16 -> Dtype.Int16
            | TypeCode.Boolean -> Dtype.Bool
            | code -> failwith $"Expecting a number or a boolean as scalar, found a {code}"

        /// The value converted to an element type; single precision for the 16-bit floating-point types.
        member inline x.cast(dtype: Dtype) : scalar =
            match dtype with
            | Dtype.Float16
            | Dtype.BFloat16
            | Dtype.Float32 -> x.toSingle () :> scalar
            | Dtype.Float64 -> x.toDouble () :> scalar
            | Dtype.Int8 -> x.toSByte () :> scalar
            | Dtype.Byte -> x.toByte () :> scalar
            | Dtype.Int16 -> x.toInt16 () :> scalar
            | Dtype.Int32 -> x.toInt32 () :> scalar
            | Dtype.Int64 -> x.toInt64 () :> scalar
            | Dtype.Bool -> x.toBool () :> scalar

    /// The type to which a tensor is converted for an operation with a scalar, or none if it keeps its own. As in libtorch,
    /// integers and booleans become the default type for a floating-point scalar, and booleans become Int64 for an integer.
    let tryWidenScalar (tensorDtype: Dtype) (scalar: scalar) =
        match scalar.GetTypeCode() with
        | TypeCode.Double
        | TypeCode.Single when not tensorDtype.IsFloatingPoint -> ValueSome Dtype.Default
        | TypeCode.Boolean
        | TypeCode.Double
        | TypeCode.Single -> ValueNone
        | _ when tensorDtype = Dtype.Bool -> ValueSome Dtype.Int64
        | _ -> ValueNone

    /// The type of a quotient of a tensor and a scalar: the tensor's if it is floating-point, else the default.
    let widenScalarForDivision (tensorDtype: Dtype) (_scalarDtype: Dtype) =
        if tensorDtype.IsFloatingPoint then tensorDtype else Dtype.Default
