namespace DiffSharp

open System
open System.Text

/// Formats tensors as text.
module internal Printing =
    /// One format for all values, wide enough for the largest.
    let private formatter (dtype: Dtype) (values: float[]) (precision: int) : float -> string =
        match dtype with
        | Dtype.Bool -> fun v -> if v <> 0.0 then " true" else "false"
        | Dtype.Integral ->
            let width = values |> Array.fold (fun w v -> max w ((int64 v).ToString().Length)) 1
            fun v -> (int64 v).ToString().PadLeft width
        | _ ->
            let largest = values |> Array.fold (fun m v -> max m (abs v)) 0.0
            let whole = values |> Array.forall (fun v -> ceil v = v)

            if largest >= 1e8 || whole then
                let width = largest.ToString($"G{precision}").Length

                fun v ->
                    let text = v.ToString($"G{precision}").PadLeft width

                    if Double.IsFinite v && text.IndexOfAny [| '.'; 'e'; 'E' |] < 0 then
                        text + "."
                    else
                        text
            else
                let decimals = "0." + String('0', precision)
                let width = largest.ToString(decimals).Length
                let sign = if values |> Array.exists (fun v -> v < 0.0) then 1 else 0
                fun v -> v.ToString(decimals).PadLeft(width + sign)

    /// <c>tensor(…)</c> with nested brackets, abbreviated according to the current printer.
    let print (dtype: Dtype) (device: Device) (shape: int[]) (values: float[]) (postfix: string) =
        let printer = Printer.Default
        let text = StringBuilder "tensor("

        if values.Length > 0 then
            let format = formatter dtype values printer.precision

            let rec write (dim: int) (offset: int) (stride: int) =
                if dim = shape.Length then
                    text.Append(format values.[offset]) |> ignore
                else
                    let size = shape.[dim]
                    let stride = stride / size
                    let edge = printer.edgeItems
                    let abbreviated = size >= printer.threshold && edge * 2 < size
                    let below = shape.Length - dim - 1

                    let separator =
                        if below = 0 then
                            ", "
                        else
                            "," + String.replicate below "\n       " + String(' ', dim + 1)

                    text.Append "[" |> ignore

                    for i = 0 to size - 1 do
                        if not abbreviated || i < edge || i >= size - edge then
                            if i > 0 then
                                text.Append separator |> ignore

                            write (dim + 1) (offset + i * stride) stride
                        elif i = edge then
                            text.Append(separator).Append "..." |> ignore

                    text.Append "]" |> ignore

            write 0 0 values.Length

        else
            text.Append "[]" |> ignore

        if dtype <> Dtype.Default && values.Length > 0 then
            text.Append(",dtype=").Append(dtype.Name) |> ignore

        if device <> Device.Default && values.Length > 0 then
            text.Append(",device=").Append(device.Name) |> ignore

        text.Append(")").Append(postfix).ToString()
