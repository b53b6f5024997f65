using System.Numerics;

namespace ScoreFunctional.Host.Metrics;

/// <summary>
/// A matrix of float32 whose rows are padded with zeros to whole SIMD vectors, and whose number of rows to whole
/// tiles, so that inner products need no special cases at the edges.
/// </summary>
internal sealed class PaddedRows
{
    /// <summary>Rows of the left matrix in a tile.</summary>
    public const int TileRows = 4;

    /// <summary>Rows of the right matrix in a tile.</summary>
    public const int TileColumns = 2;

    private readonly float[] _values;

    /// <summary>Creates a matrix of zeros.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="length">Values in a row.</param>
    public PaddedRows(int rows, int length)
    {
        (Rows, Length) = (rows, length);
        Stride = (length + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        _values = new float[checked((rows + TileRows - 1) / TileRows * TileRows * Stride)];
    }

    /// <summary>Rows without the padding.</summary>
    public int Rows { get; }

    /// <summary>Values in a row without the padding.</summary>
    public int Length { get; }

    private int Stride { get; }

    /// <summary>One row without the padding.</summary>
    /// <param name="row">Which row.</param>
    public Span<float> this[int row] => _values.AsSpan(row * Stride, Length);

    /// <summary>
    /// The inner products of <see cref="TileRows"/> rows of one matrix with <see cref="TileColumns"/> rows of another:
    /// eight sums that stay in registers while six vectors are loaded for each step.
    /// </summary>
    /// <param name="left">The left matrix.</param>
    /// <param name="row">Its first row, a multiple of <see cref="TileRows"/>.</param>
    /// <param name="right">The right matrix, its rows as long.</param>
    /// <param name="column">Its first row, a multiple of <see cref="TileColumns"/>.</param>
    /// <param name="products">Receives 4 by 2 sums in C order.</param>
    public static void InnerProducts(PaddedRows left, int row, PaddedRows right, int column, Span<float> products)
    {
        var stride = left.Stride;
        var a0 = left._values.AsSpan(row * stride, stride);
        var a1 = left._values.AsSpan((row + 1) * stride, stride);
        var a2 = left._values.AsSpan((row + 2) * stride, stride);
        var a3 = left._values.AsSpan((row + 3) * stride, stride);
        var b0 = right._values.AsSpan(column * stride, stride);
        var b1 = right._values.AsSpan((column + 1) * stride, stride);
        var (s00, s01, s10, s11) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        var (s20, s21, s30, s31) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        for (var i = 0; i < stride; i += Vector<float>.Count)
        {
            var y0 = new Vector<float>(b0[i..]);
            var y1 = new Vector<float>(b1[i..]);
            var x = new Vector<float>(a0[i..]);
            s00 = Vector.FusedMultiplyAdd(x, y0, s00);
            s01 = Vector.FusedMultiplyAdd(x, y1, s01);
            x = new Vector<float>(a1[i..]);
            s10 = Vector.FusedMultiplyAdd(x, y0, s10);
            s11 = Vector.FusedMultiplyAdd(x, y1, s11);
            x = new Vector<float>(a2[i..]);
            s20 = Vector.FusedMultiplyAdd(x, y0, s20);
            s21 = Vector.FusedMultiplyAdd(x, y1, s21);
            x = new Vector<float>(a3[i..]);
            s30 = Vector.FusedMultiplyAdd(x, y0, s30);
            s31 = Vector.FusedMultiplyAdd(x, y1, s31);
        }

        products[0] = Vector.Sum(s00);
        products[1] = Vector.Sum(s01);
        products[2] = Vector.Sum(s10);
        products[3] = Vector.Sum(s11);
        products[4] = Vector.Sum(s20);
        products[5] = Vector.Sum(s21);
        products[6] = Vector.Sum(s30);
        products[7] = Vector.Sum(s31);
    }
}
