//! What every bench that starts the product is told.
use std::path::PathBuf;

#[derive(clap::Args, Clone)]
pub struct Common {
    /// A superuser's, on a server of the bench's own.
    #[arg(long, env = "TEST_POSTGRES_URL", hide_env_values = true)]
    pub url: String,
    /// The product's binary.
    #[arg(long)]
    pub courtside: PathBuf,
    /// A folder on the disk that Postgres writes to.
    #[arg(long)]
    pub disk: PathBuf,
    /// Whose servers these are, as ops/services knows it; logs go there too.
    #[arg(long)]
    pub state: PathBuf,
    /// Smaller and shorter: whether it works, not how fast it is.
    #[arg(long)]
    pub quick: bool,
    /// Every single measurement, instead of the tables.
    #[arg(long)]
    pub json: bool,
    /// The file whose section of this bench is written anew.
    #[arg(long)]
    pub write: Option<PathBuf>,
}
