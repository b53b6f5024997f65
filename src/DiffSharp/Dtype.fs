namespace DiffSharp

/// The type of a tensor's elements.
[<Struct>]
type Dtype =
    /// 16 bits: 8 of exponent, 7 of mantissa.
    | BFloat16
    /// 16 bits: 5 of exponent, 10 of mantissa.
    | Float16
    /// IEEE single precision.
    | Float32
    /// IEEE double precision.
    | Float64
    /// Signed, 8 bits.
    | Int8
    /// Unsigned, 8 bits.
    | Byte
    /// Signed, 16 bits.
    | Int16
    /// Signed, 32 bits.
    | Int32
    /// Signed, 64 bits.
    | Int64
    /// True or false.
    | Bool

    member internal x.Name =
        match x with
        | BFloat16 -> "BFloat16"
        | Float16 -> "Float16"
        | Float32 -> "Float32"
        | Float64 -> "Float64"
        | Int8 -> "Int8"
        | Byte -> "Byte"
        | Int16 -> "Int16"
        | Int32 -> "Int32"
        | Int64 -> "Int64"
        | Bool -> "Bool"

    /// The type of a sum over elements of this type: Int64 for integers and booleans, otherwise the type itself.
    member t.SummationType =
        match t with
        | Bool
        | Byte
        | Int8
        | Int16
        | Int32
        | Int64 -> Dtype.Int64
        | _ -> t

    /// The name of the type.
    override x.ToString() = x.Name

/// Properties of element types, and the errors for unsuitable ones.
[<AutoOpen>]
module DtypeAutoOpens =
    type Dtype with

        /// Whether the elements are floating-point numbers.
        member x.IsFloatingPoint =
            match x with
            | Float16
            | BFloat16
            | Float32
            | Float64 -> true
            | _ -> false

        /// Whether the elements are integers (not booleans).
        member x.IsIntegral =
            match x with
            | Byte
            | Int8
            | Int16
            | Int32
            | Int64 -> true
            | _ -> false

    /// Raises InvalidOperationException: the operation is not defined for elements of this type.
    let opNotSupported msg (dtype: Dtype) = invalidOp $"operation '{msg}' not permitted on tensors of type {dtype}"

    /// Raises InvalidOperationException: the operation is not defined for this type on this kind of device.
    let opNotSupportedOnDeviceType msg (dtype: Dtype) (deviceType: DeviceType) =
        invalidOp $"operation '{msg}' not permitted on tensors of type {dtype} on device type {deviceType}"

    /// Raises InvalidOperationException: the operation is not defined for this pair of types.
    let opNotSupported2 msg (dtype1: Dtype) (dtype2: Dtype) =
        invalidOp $"operation '{msg}' not permitted on tensors of type ({dtype1}, {dtype2})"

/// Relations between element types, and the default one.
module Dtype =
    /// Matches floating-point types.
    let (|FloatingPoint|_|) (x: Dtype) = if x.IsFloatingPoint then Some() else None

    /// Matches integer types.
    let (|Integral|_|) (x: Dtype) = if x.IsIntegral then Some() else None

    /// Matches integer types and Bool.
    let (|IntegralOrBool|_|) x =
        match x with
        | Integral
        | Bool -> Some()
        | _ -> None

    /// The result type of arithmetic on two types; none for Int8 with Byte.
    let widen (dtype1: Dtype) (dtype2: Dtype) =
        if dtype1 = dtype2 then
            Some dtype1
        else
            match dtype1, dtype2 with
            | Float64, _
            | _, Float64 -> Some Float64
            | Float32, _
            | _, Float32 -> Some Float32
            | BFloat16, _
            | _, BFloat16 -> Some BFloat16
            | Float16, _
            | _, Float16 -> Some Float16
            | Int64, _
            | _, Int64 -> Some Int64
            | Int32, _
            | _, Int32 -> Some Int32
            | Int16, _
            | _, Int16 -> Some Int16
            | Int8, Bool
            | Bool, Int8 -> Some Int8
            | Byte, Bool
            | Bool, Byte -> Some Byte
            | _ -> None

    /// The type used when none is given; Float32 at the start. Process-wide.
    let mutable Default = Dtype.Float32

    /// The type of a quotient: <c>Default</c> for two integers, otherwise the wider floating-point type.
    let divisionType (dtype1: Dtype) (dtype2: Dtype) =
        match dtype1.IsFloatingPoint, dtype2.IsFloatingPoint with
        | false, false -> Default
        | false, true -> dtype2
        | true, false -> dtype1
        | true, true -> (widen dtype1 dtype2).Value
