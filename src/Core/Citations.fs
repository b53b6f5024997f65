namespace ScoreFunctional

/// <summary>The publication that defines a process, objective, sampler or other member of a table.</summary>
type Citation = {
    /// <summary>A short handle, for instance <c>song2021sde</c>.</summary>
    Id: string
    /// <summary>Family names of the authors, in the order of the paper.</summary>
    Authors: string
    /// <summary>Title of the paper.</summary>
    Title: string
    /// <summary>Journal, conference or preprint number.</summary>
    Venue: string
    /// <summary>Year of publication.</summary>
    Year: int
    /// <summary>The place in the publication: an equation, algorithm, section or table.</summary>
    Place: string
}

/// <summary>The papers that the core implements. <c>score cite</c> prints those of a run.</summary>
[<RequireQualifiedAccess>]
module Citations =

    /// <summary>A paper: short handle, family names of the authors, title, journal or conference, year, and the place in it.</summary>
    let paper (id: string) (authors: string) (title: string) (venue: string) (year: int) (place: string) : Citation = {
        Id = id
        Authors = authors
        Title = title
        Venue = venue
        Year = year
        Place = place
    }

    /// <summary>The same paper, at another place in it.</summary>
    let at (place: string) (citation: Citation) = { citation with Place = place }

    /// <summary>The citation as one line of text.</summary>
    let print (c: Citation) = $"{c.Authors} ({c.Year}). {c.Title}. {c.Venue}. {c.Place}."

    /// <summary>The citation of an unpublished process, objective or sampler, defined in a script.</summary>
    let unpublished (name: string) = paper name "Its author" name "Unpublished" 0 "The script that defines it"

    /// <summary>Hyvärinen (2005): score matching.</summary>
    let hyvarinen2005 =
        paper
            "hyvarinen2005"
            "Hyvärinen"
            "Estimation of non-normalized statistical models by score matching"
            "Journal of Machine Learning Research 6"
            2005
            "Theorem 1"

    /// <summary>Vincent (2011): denoising score matching.</summary>
    let vincent2011 =
        paper
            "vincent2011"
            "Vincent"
            "A connection between score matching and denoising autoencoders"
            "Neural Computation 23(7)"
            2011
            "Section 4.3"

    /// <summary>Welling and Teh (2011): stochastic gradient Langevin dynamics.</summary>
    let wellingTeh2011 =
        paper
            "welling2011"
            "Welling, Teh"
            "Bayesian learning via stochastic gradient Langevin dynamics"
            "ICML"
            2011
            "Equation 3"

    /// <summary>Song and Ermon (2019): many noise levels, annealed Langevin dynamics.</summary>
    let songErmon2019 =
        paper
            "song2019"
            "Song, Ermon"
            "Generative modeling by estimating gradients of the data distribution"
            "NeurIPS"
            2019
            "Equations 5 and 6"

    /// <summary>Song and Ermon (2020): the NCSNv2 techniques.</summary>
    let songErmon2020 =
        paper
            "song2020improved"
            "Song, Ermon"
            "Improved techniques for training score-based generative models"
            "NeurIPS"
            2020
            "Techniques 1 to 5"

    /// <summary>Song et al. (2021): stochastic differential equations.</summary>
    let song2021 =
        paper
            "song2021sde"
            "Song, Sohl-Dickstein, Kingma, Kumar, Ermon, Poole"
            "Score-based generative modeling through stochastic differential equations"
            "ICLR"
            2021
            "Section 3"

    /// <summary>Song, Durkan, Murray and Ermon (2021): likelihood weighting.</summary>
    let songDurkan2021 =
        paper
            "song2021likelihood"
            "Song, Durkan, Murray, Ermon"
            "Maximum likelihood training of score-based diffusion models"
            "NeurIPS"
            2021
            "Theorem 1"

    /// <summary>Karras et al. (2022): the design space (EDM).</summary>
    let karras2022 =
        paper
            "karras2022"
            "Karras, Aittala, Aila, Laine"
            "Elucidating the design space of diffusion-based generative models"
            "NeurIPS"
            2022
            "Table 1"

    /// <summary>Ho, Jain and Abbeel (2020): DDPM.</summary>
    let ho2020 =
        paper "ho2020ddpm" "Ho, Jain, Abbeel" "Denoising diffusion probabilistic models" "NeurIPS" 2020 "Algorithm 2"

    /// <summary>Song, Meng and Ermon (2021): DDIM.</summary>
    let songMeng2021 =
        paper "song2021ddim" "Song, Meng, Ermon" "Denoising diffusion implicit models" "ICLR" 2021 "Equations 12 and 16"

    /// <summary>Lu et al. (2022): DPM-Solver++.</summary>
    let lu2022 =
        paper
            "lu2022dpmpp"
            "Lu, Zhou, Bao, Chen, Li, Zhu"
            "DPM-Solver++: fast solver for guided sampling of diffusion probabilistic models"
            "arXiv:2211.01095"
            2022
            "Algorithm 2"

    /// <summary>Zhao et al. (2023): UniPC.</summary>
    let zhao2023 =
        paper
            "zhao2023unipc"
            "Zhao, Bai, Rao, Zhou, Lu"
            "UniPC: a unified predictor-corrector framework for fast sampling of diffusion models"
            "NeurIPS"
            2023
            "UniP and UniC"

    /// <summary>Jolicoeur-Martineau et al. (2021): the adaptive SDE solver.</summary>
    let jolicoeur2021 =
        paper
            "jolicoeur2021"
            "Jolicoeur-Martineau, Li, Piché-Taillefer, Kachman, Mitliagkas"
            "Gotta go fast when generating data with score-based models"
            "arXiv:2105.14080"
            2021
            "The adaptive solver"

    /// <summary>Roberts and Tweedie (1996): the Metropolis-adjusted Langevin algorithm.</summary>
    let robertsTweedie1996 =
        paper
            "roberts1996"
            "Roberts, Tweedie"
            "Exponential convergence of Langevin distributions and their discrete approximations"
            "Bernoulli 2(4)"
            1996
            "Section 1.4"

    /// <summary>Efron (2011): Tweedie's formula.</summary>
    let efron2011 =
        paper
            "efron2011"
            "Efron"
            "Tweedie's formula and selection bias"
            "Journal of the American Statistical Association 106(496)"
            2011
            "Equation 1.4"

    /// <summary>Ronneberger, Fischer and Brox (2015): the encoder-decoder with skip connections.</summary>
    let ronneberger2015 =
        paper
            "ronneberger2015"
            "Ronneberger, Fischer, Brox"
            "U-Net: convolutional networks for biomedical image segmentation"
            "MICCAI"
            2015
            "Figure 1"

    /// <summary>Perez et al. (2018): feature-wise linear modulation.</summary>
    let perez2018 =
        paper
            "perez2018"
            "Perez, Strub, de Vries, Dumoulin, Courville"
            "FiLM: visual reasoning with a general conditioning layer"
            "AAAI"
            2018
            "Equation 2"

    /// <summary>Loshchilov and Hutter (2019): AdamW.</summary>
    let loshchilov2019 =
        paper "loshchilov2019" "Loshchilov, Hutter" "Decoupled weight decay regularization" "ICLR" 2019 "Algorithm 2"

    /// <summary>Jordan et al. (2024): Muon, momentum with orthogonalised matrices.</summary>
    let jordan2024 =
        paper
            "jordan2024"
            "Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein"
            "Muon: an optimizer for hidden layers in neural networks"
            "kellerjordan.github.io/posts/muon"
            2024
            "definition"

    /// <summary>Hutchinson (1989): the trace estimated from random signs.</summary>
    let hutchinson1989 =
        paper
            "hutchinson1989"
            "Hutchinson"
            "A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines"
            "Communications in Statistics: Simulation and Computation 18(3)"
            1989
            "Section 2"

    /// <summary>Song, Garg, Shi and Ermon (2019): sliced score matching.</summary>
    let songGarg2019 =
        paper
            "song2019sliced"
            "Song, Garg, Shi, Ermon"
            "Sliced score matching: a scalable approach to density and score estimation"
            "UAI"
            2019
            "SSM"

    /// <summary>Pang et al. (2020): score matching by finite differences.</summary>
    let pang2020 =
        paper
            "pang2020"
            "Pang, Xu, Li, Song, Ermon, Zhu"
            "Efficient learning of generative models via finite-difference score matching"
            "NeurIPS"
            2020
            "Section 4"

    /// <summary>Wang et al. (2020): a control variate for denoising score matching.</summary>
    let wang2020 =
        paper
            "wang2020"
            "Wang, Cheng, Li, Zhu, Zhang"
            "A Wasserstein minimum velocity approach to learning unnormalized models"
            "AISTATS"
            2020
            "The control variate"

    /// <summary>Hang et al. (2023): min-SNR weights.</summary>
    let hang2023 =
        paper
            "hang2023"
            "Hang, Gu, Li, Bao, Chen, Hu, Geng, Guo"
            "Efficient diffusion training via min-SNR weighting strategy"
            "ICCV"
            2023
            "Section 3.4"

    /// <summary>Salimans and Ho (2021): networks as energies.</summary>
    let salimansHo2021 =
        paper
            "salimans2021"
            "Salimans, Ho"
            "Should EBMs model the energy or the score?"
            "ICLR workshop on energy-based models"
            2021
            "The inner product"

    /// <summary>Ho and Salimans (2022): classifier-free guidance.</summary>
    let hoSalimans2022 =
        paper "ho2022guidance" "Ho, Salimans" "Classifier-free diffusion guidance" "arXiv:2207.12598" 2022 "Equation 6"

    /// <summary>Salimans and Ho (2022): v-prediction.</summary>
    let salimansHo2022 =
        paper
            "salimans2022"
            "Salimans, Ho"
            "Progressive distillation for fast sampling of diffusion models"
            "ICLR"
            2022
            "Section 4"

    /// <summary>Karras et al. (2024): power-function averages of the weights.</summary>
    let karras2024 =
        paper
            "karras2024"
            "Karras, Aittala, Lehtinen, Hellsten, Aila, Laine"
            "Analyzing and improving the training dynamics of diffusion models"
            "CVPR"
            2024
            "Equation 127"

    /// <summary>Robbins and Monro (1951): stochastic gradient descent.</summary>
    let robbinsMonro1951 =
        paper
            "robbins1951"
            "Robbins, Monro"
            "A stochastic approximation method"
            "Annals of Mathematical Statistics 22(3)"
            1951
            "Section 2"

    /// <summary>Loshchilov and Hutter (2017): the cosine learning-rate schedule.</summary>
    let loshchilov2017 =
        paper
            "loshchilov2017"
            "Loshchilov, Hutter"
            "SGDR: stochastic gradient descent with warm restarts"
            "ICLR"
            2017
            "Equation 5"

    /// <summary>Goyal et al. (2017): learning-rate warm-up.</summary>
    let goyal2017 =
        paper
            "goyal2017"
            "Goyal, Dollár, Girshick, Noordhuis, Wesolowski, Kyrola, Tulloch, Jia, He"
            "Accurate, large minibatch SGD: training ImageNet in 1 hour"
            "arXiv:1706.02677"
            2017
            "Section 2.2"

    /// <summary>Grathwohl et al. (2019): two-dimensional densities.</summary>
    let grathwohl2019 =
        paper
            "grathwohl2019"
            "Grathwohl, Chen, Bettencourt, Sutskever, Duvenaud"
            "FFJORD: free-form continuous dynamics for scalable reversible generative models"
            "ICLR"
            2019
            "Section 4.1"

    /// <summary>Haario, Saksman and Tamminen (1999): the bent Gaussian.</summary>
    let haario1999 =
        paper
            "haario1999"
            "Haario, Saksman, Tamminen"
            "Adaptive proposal distribution for random walk Metropolis algorithm"
            "Computational Statistics 14(3)"
            1999
            "Section 4"

    /// <summary>LeCun et al. (1998): the MNIST digits.</summary>
    let lecun1998 =
        paper
            "lecun1998"
            "LeCun, Bottou, Bengio, Haffner"
            "Gradient-based learning applied to document recognition"
            "Proceedings of the IEEE 86(11)"
            1998
            "Section III.A"
