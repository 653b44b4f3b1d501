"""Sources of CUDA kernels. They can be compiled without a GPU."""

from __future__ import annotations

PHILOX = r"""
// Philox4x64-10: each thread computes one block of four words. See tensorlab.backend.kernels.random.
extern "C" __global__
void philox(const unsigned long long key0, const unsigned long long key1, const unsigned long long first_block,
            const unsigned long long count, unsigned long long* out) {
    const unsigned long long i = blockIdx.x * (unsigned long long)blockDim.x + threadIdx.x;
    if (4 * i >= count) return;
    unsigned long long c0 = first_block + i + 1, c1 = 0, c2 = 0, c3 = 0, k0 = key0, k1 = key1;
    for (int round = 0; round < 10; ++round) {
        const unsigned long long m0 = 0xD2E7470EE14C6C93ULL, m1 = 0xCA5A826395121157ULL;
        const unsigned long long high0 = __umul64hi(m0, c0), low0 = m0 * c0;
        const unsigned long long high1 = __umul64hi(m1, c2), low1 = m1 * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B97F4A7C15ULL;
        k1 += 0xBB67AE8584CAA73BULL;
    }
    const unsigned long long words[4] = {c0, c1, c2, c3};
    for (int j = 0; j < 4 && 4 * i + j < count; ++j) out[4 * i + j] = words[j];
}
"""

SEGMENT_SUM = r"""
// Segment sums: out[r, c] = sum of g[order[k], c] for k in [starts[r], starts[r + 1]). The order of additions is fixed,
// so that the result is deterministic, unlike that of atomic additions.
template <typename T>
__global__ void segment_sum(const T* g, const long long* order, const long long* starts, const long long rows,
                            const long long columns, T* out) {
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= rows * columns) return;
    const long long row = i / columns, column = i % columns;
    T total = T(0);
    for (long long k = starts[row]; k < starts[row + 1]; ++k) total += g[order[k] * columns + column];
    out[i] = total;
}
"""

SEGMENT_TYPES = {"float32": "float", "float64": "double", "int32": "int", "int64": "long long"}
