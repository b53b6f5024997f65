// Views, joining, splitting and indexing.
#include <ATen/TensorIndexing.h>

#include "common.h"

using namespace st;

#define EXPORT_WITH_SIZES(name, call) \
    ST_API Handle st_##name(const at::Tensor* x, const int64_t* sizes, int count) { \
        return guarded([=] { return get(x).call(ints(sizes, count)); }); \
    }
#define EXPORT_TWO_DIMS(name) \
    ST_API Handle st_##name(const at::Tensor* x, int64_t first, int64_t second) { \
        return guarded([=] { return get(x).name(first, second); }); \
    }
#define EXPORT_ONE_DIM(name) \
    ST_API Handle st_##name(const at::Tensor* x, int64_t argument) { \
        return guarded([=] { return get(x).name(argument); }); \
    }
#define EXPORT_INDEXED(name) \
    ST_API Handle st_##name(const at::Tensor* x, int64_t dim, const at::Tensor* index, const at::Tensor* source) { \
        return guarded([=] { return get(x).name(dim, get(index), get(source)); }); \
    } \
    ST_API int st_##name##_(const at::Tensor* x, int64_t dim, const at::Tensor* index, const at::Tensor* source) { \
        return guarded_status([=] { get(x).name##_(dim, get(index), get(source)); }); \
    }

EXPORT_WITH_SIZES(view, view)
EXPORT_WITH_SIZES(reshape, reshape)
EXPORT_WITH_SIZES(permute, permute)
EXPORT_WITH_SIZES(repeat, repeat)
EXPORT_WITH_SIZES(flip, flip)
EXPORT_WITH_SIZES(broadcast_to, broadcast_to)
EXPORT_TWO_DIMS(transpose)
EXPORT_TWO_DIMS(flatten)
EXPORT_TWO_DIMS(select)
EXPORT_ONE_DIM(unsqueeze)
EXPORT_ONE_DIM(squeeze)
EXPORT_ONE_DIM(tril)
EXPORT_ONE_DIM(triu)
EXPORT_ONE_DIM(diag)
EXPORT_INDEXED(scatter)
EXPORT_INDEXED(scatter_add)

ST_API Handle st_expand(const at::Tensor* x, const int64_t* sizes, int count, bool implicit) {
    return guarded([=] { return get(x).expand(ints(sizes, count), implicit); });
}

ST_API Handle st_squeeze_all(const at::Tensor* x) {
    return guarded([=] { return get(x).squeeze(); });
}

ST_API Handle st_unflatten(const at::Tensor* x, int64_t dim, const int64_t* sizes, int count) {
    return guarded([=] {
        const at::Tensor& tensor = get(x);
        const int64_t wrapped = dim < 0 ? dim + tensor.dim() : dim;
        TORCH_CHECK(wrapped >= 0 && wrapped < tensor.dim(), "unflatten: dimension ", dim, " is out of range for shape ",
                    tensor.sizes());
        std::vector<int64_t> shape(tensor.sizes().begin(), tensor.sizes().end());
        shape.erase(shape.begin() + wrapped);
        shape.insert(shape.begin() + wrapped, sizes, sizes + count);
        return tensor.view(shape);
    });
}

ST_API Handle st_diagonal(const at::Tensor* x, int64_t offset, int64_t dim1, int64_t dim2) {
    return guarded([=] { return get(x).diagonal(offset, dim1, dim2); });
}

ST_API Handle st_diag_embed(const at::Tensor* x, int64_t offset, int64_t dim1, int64_t dim2) {
    return guarded([=] { return at::diag_embed(get(x), offset, dim1, dim2); });
}

ST_API Handle st_movedim(const at::Tensor* x, const int64_t* source, int sources, const int64_t* target, int targets) {
    return guarded([=] { return at::movedim(get(x), ints(source, sources), ints(target, targets)); });
}

ST_API Handle st_roll(const at::Tensor* x, const int64_t* shifts, int count, const int64_t* dims, int dim_count) {
    return guarded([=] { return at::roll(get(x), ints(shifts, count), ints(dims, dim_count)); });
}

ST_API Handle st_repeat_interleave(const at::Tensor* x, int64_t repeats, const int64_t* dim) {
    return guarded([=] {
        return at::repeat_interleave(get(x), repeats, dim ? optional<int64_t>(*dim) : optional<int64_t>());
    });
}

ST_API Handle st_narrow(const at::Tensor* x, int64_t dim, int64_t start, int64_t length) {
    return guarded([=] { return get(x).narrow(dim, start, length); });
}

ST_API Handle st_slice(const at::Tensor* x, int64_t dim, int64_t start, int64_t finish, int64_t step) {
    return guarded([=] { return get(x).slice(dim, start, finish, step); });
}

// Joining and splitting.
ST_API Handle st_cat(const Handle* tensors, int count, int64_t dim) {
    return guarded([=] { return at::cat(gather(tensors, count), dim); });
}

ST_API Handle st_stack(const Handle* tensors, int count, int64_t dim) {
    return guarded([=] { return at::stack(gather(tensors, count), dim); });
}

ST_API TensorList* st_split(const at::Tensor* x, int64_t size, int64_t dim) {
    return guarded_list([=] { return at::split(get(x), size, dim); });
}

ST_API TensorList* st_split_with_sizes(const at::Tensor* x, const int64_t* sizes, int count, int64_t dim) {
    return guarded_list([=] { return at::split_with_sizes(get(x), ints(sizes, count), dim); });
}

ST_API TensorList* st_chunk(const at::Tensor* x, int64_t chunks, int64_t dim) {
    return guarded_list([=] { return at::chunk(get(x), chunks, dim); });
}

ST_API TensorList* st_unbind(const at::Tensor* x, int64_t dim) {
    return guarded_list([=] { return at::unbind(get(x), dim); });
}

ST_API TensorList* st_meshgrid(const Handle* tensors, int count, const char* indexing) {
    return guarded_list([=] { return at::meshgrid(gather(tensors, count), indexing); });
}

// Indexing. Each item is one subscript; absent parts of a slice are marked in has.
namespace {

struct Subscript {
    enum Kind : int32_t { None = 0, Single = 1, Null = 2, Ellipsis = 3, Bool = 4, Tensor = 5, Slice = 6 };
    enum Has : int32_t { Start = 1, Stop = 2, Step = 4 };
    int32_t kind;
    int32_t has;
    int64_t start;
    int64_t stop;
    int64_t step;
    const at::Tensor* tensor;
};

std::vector<at::indexing::TensorIndex> subscripts(const Subscript* items, int count) {
    using at::indexing::TensorIndex;
    std::vector<TensorIndex> result;
    result.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
        const Subscript& item = items[i];
        switch (item.kind) {
            case Subscript::Single:
                result.emplace_back(item.start);
                break;
            case Subscript::Ellipsis:
                result.emplace_back(at::indexing::Ellipsis);
                break;
            case Subscript::Bool:
                result.emplace_back(item.start != 0);
                break;
            case Subscript::Tensor:
                result.emplace_back(get(item.tensor));
                break;
            case Subscript::Slice: {
                const auto part = [&](Subscript::Has which, int64_t value) {
                    return (item.has & which) != 0 ? optional<int64_t>(value) : optional<int64_t>();
                };
                result.emplace_back(at::indexing::Slice(part(Subscript::Start, item.start),
                                                        part(Subscript::Stop, item.stop),
                                                        part(Subscript::Step, item.step)));
                break;
            }
            default:
                result.emplace_back(at::indexing::None);
                break;
        }
    }
    return result;
}

}  // namespace

ST_API Handle st_index(const at::Tensor* x, const Subscript* items, int count) {
    return guarded([=] { return get(x).index(subscripts(items, count)); });
}

ST_API int st_index_put_(const at::Tensor* x, const Subscript* items, int count, const at::Tensor* value,
                         bool accumulate) {
    return guarded_status([=] {
        at::Tensor target = get(x);
        if (!accumulate) {
            target.index_put_(subscripts(items, count), get(value));
            return;
        }
        c10::List<optional<at::Tensor>> indices;
        for (const auto& item : subscripts(items, count)) {
            TORCH_CHECK(item.is_tensor(), "index_put_ accumulates over tensor indices only");
            indices.push_back(item.tensor());
        }
        target.index_put_(indices, get(value), true);
    });
}

ST_API int st_index_put_scalar_(const at::Tensor* x, const Subscript* items, int count, Number value) {
    return guarded_status([=] {
        at::Tensor target = get(x);
        target.index_put_(subscripts(items, count), scalar(value));
    });
}

ST_API Handle st_index_select(const at::Tensor* x, int64_t dim, const at::Tensor* index) {
    return guarded([=] { return at::index_select(get(x), dim, get(index)); });
}

ST_API Handle st_index_add(const at::Tensor* x, int64_t dim, const at::Tensor* index, const at::Tensor* source,
                           Number alpha) {
    return guarded([=] { return at::index_add(get(x), dim, get(index), get(source), scalar(alpha)); });
}

ST_API int st_index_add_(const at::Tensor* x, int64_t dim, const at::Tensor* index, const at::Tensor* source,
                         Number alpha) {
    return guarded_status([=] { get(x).index_add_(dim, get(index), get(source), scalar(alpha)); });
}

ST_API Handle st_gather(const at::Tensor* x, int64_t dim, const at::Tensor* index) {
    return guarded([=] { return at::gather(get(x), dim, get(index)); });
}

ST_API Handle st_masked_fill(const at::Tensor* x, const at::Tensor* mask, Number value) {
    return guarded([=] { return at::masked_fill(get(x), get(mask), scalar(value)); });
}

ST_API int st_masked_fill_(const at::Tensor* x, const at::Tensor* mask, Number value) {
    return guarded_status([=] { get(x).masked_fill_(get(mask), scalar(value)); });
}

ST_API Handle st_masked_select(const at::Tensor* x, const at::Tensor* mask) {
    return guarded([=] { return at::masked_select(get(x), get(mask)); });
}

ST_API Handle st_nonzero(const at::Tensor* x) {
    return guarded([=] { return at::nonzero(get(x)); });
}
