namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The matrix product, broadcast over leading dimensions.</summary>
        public Tensor matmul(Tensor target) => Native.st_matmul(this, target);

        /// <summary>The product of two matrices.</summary>
        public Tensor mm(Tensor target) => Native.st_mm(this, target);

        /// <summary>The product of a matrix and a vector.</summary>
        public Tensor mv(Tensor target) => Native.st_mv(this, target);

        /// <summary>Products of two batches of matrices.</summary>
        public Tensor bmm(Tensor batch2) => Native.st_bmm(this, batch2);

        /// <summary>The inner product of two vectors.</summary>
        public Tensor dot(Tensor target) => Native.st_dot(this, target);

        /// <summary>The outer product of two vectors.</summary>
        public Tensor outer(Tensor vec2) => Native.st_outer(this, vec2);

        /// <summary>Beta x + alpha a b with matrices a and b.</summary>
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Native.st_addmm(this, mat1, mat2, beta, alpha);

        /// <summary>Beta x + alpha a b with batches of matrices a and b.</summary>
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Native.st_baddbmm(this, batch1, batch2, beta, alpha);

        /// <summary>The determinant.</summary>
        public Tensor det() => Native.st_det(this);

        /// <summary>The inverse matrix.</summary>
        public Tensor inverse() => Native.st_inv(this);
    }

    /// <summary>The matrix product, broadcast over leading dimensions.</summary>
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    /// <summary>The product of two matrices.</summary>
    public static Tensor mm(Tensor input, Tensor target) => input.mm(target);

    /// <summary>The product of a matrix and a vector.</summary>
    public static Tensor mv(Tensor input, Tensor target) => input.mv(target);

    /// <summary>Products of two batches of matrices.</summary>
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);

    /// <summary>The inner product of two vectors.</summary>
    public static Tensor dot(Tensor input, Tensor other) => input.dot(other);

    /// <summary>The outer product of two vectors.</summary>
    public static Tensor outer(Tensor input, Tensor vec2) => input.outer(vec2);

    /// <summary>Beta x + alpha a b with matrices a and b.</summary>
    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmm(mat1, mat2, beta, alpha);

    /// <summary>Beta x + alpha a b with batches of matrices a and b.</summary>
    public static Tensor baddbmm(Tensor input, Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => input.baddbmm(batch1, batch2, beta, alpha);

    /// <summary>The determinant.</summary>
    public static Tensor det(Tensor input) => input.det();

    /// <summary>The inverse matrix.</summary>
    public static Tensor inverse(Tensor input) => linalg.inv(input);

    /// <summary>Linear algebra; leading dimensions are batches of matrices.</summary>
    public static class linalg
    {
        /// <summary>Which factors <see cref="qr"/> computes.</summary>
        public enum QRMode
        {
            /// <summary>Q [m, k] and R [k, n] with k = min(m, n).</summary>
            Reduced = 0,

            /// <summary>Q [m, m] and R [m, n].</summary>
            Complete = 1,

            /// <summary>R alone.</summary>
            R = 2,
        }

        /// <summary>The inverse matrix.</summary>
        public static Tensor inv(Tensor input) => Native.st_inv(input);

        /// <summary>The determinant.</summary>
        public static Tensor det(Tensor input) => Native.st_det(input);

        /// <summary>The lower triangular factor L of a = L Lᵀ.</summary>
        public static Tensor cholesky(Tensor input) => Native.st_cholesky(input);

        /// <summary>The solution X of A X = B, or of X A = B.</summary>
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => Native.st_solve(A, B, left);

        /// <summary>The eigenvalues of a symmetric matrix in ascending order.</summary>
        public static Tensor eigvalsh(Tensor input, char UPLO = 'L') => Native.st_eigvalsh(input, UPLO == 'U');

        /// <summary>The sign and the logarithm of the absolute value of the determinant.</summary>
        public static (Tensor, Tensor) slogdet(Tensor input)
        {
            var parts = Native.Take(Native.st_slogdet(input));
            return (parts[0], parts[1]);
        }

        /// <summary>The eigenvalues of a symmetric matrix in ascending order and its eigenvectors as columns.</summary>
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L')
        {
            var parts = Native.Take(Native.st_eigh(input, UPLO == 'U'));
            return (parts[0], parts[1]);
        }

        /// <summary>The singular value decomposition a = U diag(S) Vh.</summary>
        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true)
        {
            var parts = Native.Take(Native.st_svd(input, fullMatrices));
            return (parts[0], parts[1], parts[2]);
        }

        /// <summary>The decomposition a = Q R into an orthogonal and an upper triangular matrix.</summary>
        public static (Tensor Q, Tensor R) qr(Tensor input, QRMode mode = QRMode.Reduced)
        {
            var parts = Native.Take(Native.st_qr(input, (int)mode));
            return (parts[0], parts[1]);
        }
    }
}
