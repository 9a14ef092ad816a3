//! `cargo xtask RECIPE [ARG...]`: what a developer and CI run. `cargo xtask` alone lists the recipes.
//!
//! A recipe is a list of steps, each a command line of bash run in the repository's root. CI (`.ci/run`) runs the
//! recipe `ci`, so that a green `cargo xtask ci` is a green CI.

mod recipes;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use recipes::{RECIPES, Recipe, Step};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(name) = args.next() else {
        print!("{}", list());
        return ExitCode::SUCCESS;
    };
    let Some(recipe) = find(&name) else {
        eprint!("there is no recipe `{name}`\n\n{}", list());
        return ExitCode::from(2);
    };
    let args: Vec<String> = args.collect();
    if !args.is_empty() && !recipe.takes_arguments {
        eprintln!("the recipe `{name}` takes no arguments");
        return ExitCode::from(2);
    }
    if run(recipe, &args) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn find(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}

fn list() -> String {
    let mut text = "cargo xtask RECIPE\n\n".to_owned();
    for Recipe { name, about, .. } in RECIPES {
        text += &format!("  {name:<12} {about}\n");
    }
    text
}

/// Runs the steps in order, to the first that fails.
fn run(recipe: &Recipe, args: &[String]) -> bool {
    for step in recipe.steps {
        match step {
            Step::Recipe(name) => {
                let Some(inner) = find(name) else { panic!("{} names no recipe: {name}", recipe.name) };
                if !run(inner, args) {
                    return false;
                }
            }
            Step::Shell(line) => {
                println!("\n== {}: {line}", recipe.name);
                let begun = Instant::now();
                // The arguments follow as "$@".
                let status = Command::new("bash")
                    .args(["-euo", "pipefail", "-c", line, recipe.name])
                    .args(args)
                    .current_dir(root())
                    .status();
                match status {
                    Ok(status) if status.success() => {
                        println!("== {}: {:.0} s", recipe.name, begun.elapsed().as_secs_f64());
                    }
                    Ok(status) => {
                        eprintln!("== {}: failed ({status}): {line}", recipe.name);
                        return false;
                    }
                    Err(error) => {
                        eprintln!("== {}: bash cannot be run: {error}", recipe.name);
                        return false;
                    }
                }
            }
        }
    }
    true
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_have_unique_names_and_name_each_other() {
        for (i, recipe) in RECIPES.iter().enumerate() {
            assert!(RECIPES[..i].iter().all(|r| r.name != recipe.name), "{} twice", recipe.name);
            for step in recipe.steps {
                if let Step::Recipe(name) = step {
                    // A recipe names only earlier ones, so that none runs itself.
                    assert!(RECIPES[..i].iter().any(|r| r.name == *name), "{} names {name}", recipe.name);
                }
            }
        }
    }
}
