// The `dotnet` command: hands its arguments to the host that the runtime's package brings.
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <string>

int main(int argc, const char** argv)
{
    char self[PATH_MAX];
    if (realpath("/proc/self/exe", self) == nullptr)
        return 131;
    std::string root(self);
    root.erase(root.rfind('/'));
    void* library = dlopen((root + "/host/fxr/" VERSION "/libhostfxr.so").c_str(), RTLD_LAZY);
    if (library == nullptr)
    {
        std::fprintf(stderr, "dotnet: %s\n", dlerror());
        return 131;
    }
    using Main = int (*)(int, const char**, const char*, const char*, const char*);
    auto run = reinterpret_cast<Main>(dlsym(library, "hostfxr_main_startupinfo"));
    return run(argc, argv, self, root.c_str(), (root + "/dotnet.dll").c_str());
}
