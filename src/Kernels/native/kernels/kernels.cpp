// All kernels for one instruction set; build.sh names it and compiles this file for each.
#include "flat.h"
#include "normalise.h"
#include "products.h"
#include "windows.h"
#include "winograd.h"

namespace score::kernels::SCORE_ISA {

extern const Kernels table;
const Kernels table = {
    lanes,
    filters,
    filters_gradient,
    tiles_at_once,
    convolution_scratch,
    convolution,
    gradient_scratch,
    convolution_gradient,
    column_sums,
    normalise,
    normalise_gradient,
    normalise_bend,
    silu,
    silu_gradient,
    modulate,
    modulate_gradient,
    modulate_slope,
    modulate_slope_gradient,
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
