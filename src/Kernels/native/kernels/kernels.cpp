// All kernels for one instruction set, SCORE_ISA; build.sh compiles this file for each.
#include "flat.h"
#include "normalise.h"
#include "products.h"
#include "windows.h"
#include "winograd.h"

namespace score::kernels::SCORE_ISA {

extern const Kernels table;
const Kernels table = {
    lanes,
    transform_filters,
    transform_filters_backward,
    tile_block,
    convolution_scratch,
    convolution,
    weight_gradient_scratch,
    convolution_weight_gradient,
    column_sums,
    normalise,
    normalise_backward,
    normalise_double_backward,
    silu,
    silu_backward,
    modulate,
    modulate_backward,
    modulate_vjp,
    modulate_double_backward,
    pack,
    multiply,
    multiply_panels,
    unfold,
    fold,
    formula,
    add,
    fourier,
};

}  // namespace score::kernels::SCORE_ISA
