// Random tensors from libtorch's own generators.
#include <mutex>

#include <ATen/CPUGeneratorImpl.h>

#include "common.h"

using namespace st;

namespace {

optional<at::Generator> maybe(const at::Generator* generator) {
    return generator == nullptr ? optional<at::Generator>() : optional<at::Generator>(*generator);
}

at::Tensor with_grad(at::Tensor tensor, bool requires_grad) {
    if (requires_grad) {
        tensor.set_requires_grad(true);
    }
    return tensor;
}

}  // namespace

ST_API at::Generator* st_generator_default() {
    return new at::Generator(at::detail::getDefaultCPUGenerator());
}

ST_API at::Generator* st_generator_new(uint64_t seed) {
    return new at::Generator(at::detail::createCPUGenerator(seed));
}

ST_API void st_generator_release(at::Generator* generator) {
    delete generator;
}

ST_API int st_generator_seed(at::Generator* generator, uint64_t seed) {
    return guarded_status([=] {
        std::lock_guard<std::mutex> lock(generator->mutex());
        generator->set_current_seed(seed);
    });
}

ST_API int64_t st_generator_initial_seed(const at::Generator* generator) {
    return static_cast<int64_t>(generator->current_seed());
}

ST_API Handle st_generator_get_state(const at::Generator* generator) {
    return guarded([=] { return generator->get_state(); });
}

ST_API int st_generator_set_state(at::Generator* generator, const at::Tensor* state) {
    return guarded_status([=] { generator->set_state(get(state)); });
}

// Every device's generator.
ST_API int st_manual_seed(uint64_t seed) {
    return guarded_status([=] { at::manual_seed(seed); });
}

ST_API Handle st_rand(const int64_t* sizes, int count, int dtype, int device_type, int device_index, bool requires_grad,
                      const at::Generator* generator) {
    return guarded([=] {
        return with_grad(at::rand(ints(sizes, count), maybe(generator), options(dtype, device_type, device_index)),
                         requires_grad);
    });
}

ST_API Handle st_randn(const int64_t* sizes, int count, int dtype, int device_type, int device_index,
                       bool requires_grad, const at::Generator* generator) {
    return guarded([=] {
        return with_grad(at::randn(ints(sizes, count), maybe(generator), options(dtype, device_type, device_index)),
                         requires_grad);
    });
}

ST_API Handle st_randint(int64_t low, int64_t high, const int64_t* sizes, int count, int dtype, int device_type,
                         int device_index, bool requires_grad, const at::Generator* generator) {
    return guarded([=] {
        return with_grad(
            at::randint(low, high, ints(sizes, count), maybe(generator), options(dtype, device_type, device_index)),
            requires_grad);
    });
}

ST_API Handle st_randperm(int64_t n, int dtype, int device_type, int device_index, bool requires_grad,
                          const at::Generator* generator) {
    return guarded([=] {
        return with_grad(at::randperm(n, maybe(generator), options(dtype, device_type, device_index)), requires_grad);
    });
}

ST_API Handle st_bernoulli(const at::Tensor* x, const at::Generator* generator) {
    return guarded([=] { return at::bernoulli(get(x), maybe(generator)); });
}

ST_API Handle st_multinomial(const at::Tensor* x, int64_t samples, bool replacement, const at::Generator* generator) {
    return guarded([=] { return at::multinomial(get(x), samples, replacement, maybe(generator)); });
}

ST_API int st_normal_(const at::Tensor* x, double mean, double std, const at::Generator* generator) {
    return guarded_status([=] { get(x).normal_(mean, std, maybe(generator)); });
}

ST_API int st_uniform_(const at::Tensor* x, double from, double to, const at::Generator* generator) {
    return guarded_status([=] { get(x).uniform_(from, to, maybe(generator)); });
}
