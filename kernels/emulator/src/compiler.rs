//! Compilation of kernels to a library for the CPU. Shared by build.rs, for the kernels of the tree, and by tests,
//! for kernels with planted bugs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// An error of compiling or loading kernels.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// There is no C++ compiler that runs: its name, and the message of the system.
    NoCompiler(String),
    /// A file could not be read or written.
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The compiler failed: its messages.
    Compile(String),
    /// The library cannot be loaded: the message of the system.
    Load(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NoCompiler(why) => write!(f, "{why}"),
            Failure::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Failure::Load(why) => write!(f, "{why}"),
            Failure::Compile(messages) => write!(f, "a kernel does not compile for the CPU:\n{messages}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Flags of the emulator itself. It runs on the kernels' stacks and is not instrumented.
const CORE_FLAGS: &[&str] = &["-std=c++17", "-O3", "-g1", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"];

/// Flags of kernels: with `-fsanitize=thread` every load and store calls hooks.cpp; the sanitizer's library is not
/// linked. Loops are not replaced by calls of memset, which would not be instrumented.
const KERNEL_FLAGS: &[&str] = &[
    "-std=c++17",
    "-O1",
    "-g1",
    "-fPIC",
    "-fvisibility=hidden",
    "-fsanitize=thread",
    "-fno-strict-aliasing",
    "-fno-tree-loop-distribute-patterns",
    "-ffp-contract=off",
    "-Wall",
    "-Wno-unknown-pragmas",
    "-Werror=uninitialized", // registers are not tracked
    "-xc++",
];

/// Link flags: an undefined symbol is an error at once rather than when the library is loaded.
const LINK_FLAGS: &[&str] = &["-shared", "-Wl,-z,defs", "-Wl,-Bsymbolic"];

/// A C++ compiler, with the paths of the emulator's sources and objects.
pub(crate) struct Compiler {
    program: OsString,
    crate_dir: PathBuf,
    out: PathBuf,
    jobs: usize,
}

impl Compiler {
    /// The compiler in CXX, or g++. `crate_dir` holds src/, `out` is for the objects of the emulator.
    pub(crate) fn find(crate_dir: &Path, out: &Path, jobs: usize) -> Result<Compiler, Failure> {
        let program = std::env::var_os("CXX").unwrap_or_else(|| "g++".into());
        match Command::new(&program).arg("--version").output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                return Err(Failure::NoCompiler(format!(
                    "{} does not run: {}",
                    program.display(),
                    output.status
                )));
            }
            Err(error) => {
                return Err(Failure::NoCompiler(format!("no C++ compiler: {}: {error}", program.display())));
            }
        }
        Ok(Compiler { program, crate_dir: crate_dir.to_owned(), out: out.to_owned(), jobs: jobs.max(1) })
    }

    /// Compiles the emulator.
    pub(crate) fn core(&self) -> Result<(), Failure> {
        // All objects of the folder are linked: no object of a removed source may remain.
        if self.core_dir().exists() {
            std::fs::remove_dir_all(self.core_dir())
                .map_err(|source| Failure::Io { path: self.core_dir(), source })?;
        }
        let flags: Vec<OsString> = CORE_FLAGS.iter().map(OsString::from).collect();
        self.objects(&files(&self.crate_dir.join("src"), "cpp")?, &self.core_dir(), &flags)?;
        Ok(())
    }

    /// Compiles every .cu of `kernels` and links it with the emulator; returns the path of the library.
    pub(crate) fn kernels(&self, kernels: &Path, out: &Path, defines: &[&str]) -> Result<PathBuf, Failure> {
        let mut flags: Vec<OsString> = KERNEL_FLAGS.iter().map(OsString::from).collect();
        flags.extend(defines.iter().map(|define| format!("-D{define}").into()));
        // Lets ptx.cuh of a copy of the kernels elsewhere find ../emulator.
        let mut include = OsString::from("-I");
        include.push(&self.crate_dir);
        flags.push(include);
        let mut objects = self.objects(&files(kernels, "cu")?, out, &flags)?;
        objects.extend(files(&self.core_dir(), "o")?);

        let library = out.join("kernels.so");
        let mut link = Command::new(&self.program);
        link.args(LINK_FLAGS).arg("-o").arg(&library).args(&objects);
        run(link)?;
        Ok(library)
    }

    fn core_dir(&self) -> PathBuf {
        self.out.join("core")
    }

    /// Compiles one object for each source, several at a time.
    fn objects(&self, sources: &[PathBuf], out: &Path, flags: &[OsString]) -> Result<Vec<PathBuf>, Failure> {
        std::fs::create_dir_all(out).map_err(|source| Failure::Io { path: out.to_owned(), source })?;
        let object = |source: &Path| out.join(source.file_name().unwrap_or_default()).with_extension("o");
        let (left, failures) = (Mutex::new(sources.iter()), Mutex::new(Vec::new()));
        let next = || left.lock().ok().and_then(|mut left| left.next());
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(sources.len()) {
                scope.spawn(|| {
                    while let Some(source) = next() {
                        let mut compile = Command::new(&self.program);
                        compile.args(flags).arg("-c").arg(source).arg("-o").arg(object(source));
                        if let (Err(failure), Ok(mut failures)) = (run(compile), failures.lock()) {
                            failures.push(failure);
                        }
                    }
                });
            }
        });
        match failures.into_inner().unwrap_or_default().into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(sources.iter().map(|source| object(source)).collect()),
        }
    }
}

/// Files of a folder with this extension, sorted.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let failed = |source| Failure::Io { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn run(mut command: Command) -> Result<(), Failure> {
    let output =
        command.output().map_err(|source| Failure::Io { path: command.get_program().into(), source })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::Compile(String::from_utf8_lossy(&output.stderr).into_owned()))
}
